// Validates values against the schemas in an OpenAPI document.
import { createRequire } from 'node:module';

/** Another reader of JSON Schema than the library that wrote the document: the validator of fastify. */
const ofFastify = createRequire(createRequire(import.meta.url).resolve('@fastify/ajv-compiler'));
const { Ajv2020 } = ofFastify('ajv/dist/2020.js');

/** Returns the faults of a value, an empty text when there are none. */
export type Faults = (value: unknown) => string;

/** The schema of the successful answer to a GET; of a line where the answer is a stream. */
export type AnswerFaults = (path: string, type?: string) => Faults;

export function openApiValidator(document: object): {
  readonly at: (...pointer: string[]) => Faults;
  readonly answer: AnswerFaults;
} {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: 'doc', ...document });
  const at = (...pointer: string[]): Faults => {
    const escaped = pointer.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'));
    const validate = ajv.compile({ $ref: `doc#/${escaped.map(encodeURIComponent).join('/')}` });
    return (value) => (validate(value) ? '' : JSON.stringify(validate.errors));
  };
  const answer: AnswerFaults = (path, type = 'application/json') =>
    at('paths', path, 'get', 'responses', '200', 'content', type, 'schema');
  return { at, answer };
}
