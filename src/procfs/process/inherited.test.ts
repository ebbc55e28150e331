// The limits of a process, as the kernel prints them.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseRlimits } from './inherited.ts';

// Linux 6.1, Debian 12.
const TEXT = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max file size             unlimited            unlimited            bytes     
Max stack size            8388608              unlimited            bytes     
Max core file size        0                    unlimited            bytes     
Max open files            1024                 524288               files     
Max nice priority         0                    0                    
Max realtime timeout      unlimited            unlimited            us        
`;

it('parseRlimits reads the soft and the hard limit', () => {
  assert.deepEqual(parseRlimits(TEXT), {
    cpu: ['unlimited', 'unlimited'],
    fsize: ['unlimited', 'unlimited'],
    stack: ['8388608', 'unlimited'],
    core: ['0', 'unlimited'],
    nofile: ['1024', '524288'],
    nice: ['0', '0'],
    rttime: ['unlimited', 'unlimited'],
  });
  assert.deepEqual(parseRlimits(''), {});
});
