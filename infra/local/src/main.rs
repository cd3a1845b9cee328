//! The `alatar` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    local::command::main()
}
