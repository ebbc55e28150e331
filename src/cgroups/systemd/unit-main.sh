# The main process of an attempt's unit. It ends with the attempt, with the exit code that the supervisor writes.
# At end of file the supervisor has died: exit, so that systemd kills the processes left in the unit.
read -r code
exit "${code:-1}"
