/* Prints a line a second as native programs do: through stdio, which holds 4 KB back where stdout is a pipe. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
  for (int second = 1; second <= 600; second++) {
    printf("second %d\n", second);
    sleep(1);
  }
  return 0;
}
