-- Short tasks that started above the core limit.
UPDATE tasks SET body = json_set(body, '$.state.attempt.isExpress', json('false'))
  WHERE json_type(body, '$.state.attempt') = 'object';
