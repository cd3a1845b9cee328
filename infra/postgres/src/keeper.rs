//! The keepers: a few lines of `sh` that start PostgreSQL and stop it when nobody holds it any more.
//!
//! A pipe tells: the kernel closes our end of it whatever way we end. The keeper's standard output is the cluster's
//! lock, so the lock is free exactly when the server has stopped. It ignores the terminal's signals and runs in a
//! process group of its own; PostgreSQL sets handlers of its own for them.

/// `sh -c ALONE keeper LOG postgres ARGS..`: stops the server at the end of standard input; ends when the server does.
pub(crate) const ALONE: &str = r#"
trap '' HUP INT TERM
log=$1; shift
exec 3<&0
"$@" </dev/null >>"$log" 2>&1 3<&- &
server=$!
{ while read -r _; do :; done; kill -INT "$server"; } <&3 >/dev/null 2>&1 &
watch=$!
wait "$server"
code=$?
kill -KILL "$watch" 2>/dev/null
exit "$code"
"#;

/// `sh -c SHARED keeper LOG PIPE ACKNOWLEDGED postgres ARGS..`: holders open the named pipe and write a line, which is
/// acknowledged once it is read: from then on the server stays until that holder has closed the pipe. The server stops
/// when a whole turn of two seconds has brought no holder.
pub(crate) const SHARED: &str = r#"
trap '' HUP INT TERM
log=$1; pipe=$2; acknowledged=$3; shift 3
"$@" </dev/null >>"$log" 2>&1 &
server=$!
came=yes
while [ "$came" = yes ] && kill -0 "$server" 2>/dev/null; do
  came=no
  sleep 2 >"$pipe" 2>/dev/null &
  while read -r line; do came=yes; echo "$line" >>"$acknowledged"; done <"$pipe"
done
kill -INT "$server" 2>/dev/null
wait "$server"
"#;
