# The main process of an attempt's unit: ends when the attempt does, with the exit code its supervisor writes.
# Without one the supervisor is gone, and systemd ends what is left in the unit.
read -r code
exit "${code:-1}"
