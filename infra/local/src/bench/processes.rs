//! What the operating system knows about processes (Linux; zero elsewhere).

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};

/// The most memory this process has held at once, in bytes.
pub(super) fn peak_bytes() -> u64 {
    status_bytes("VmHWM:")
}

/// The memory this process holds now, in bytes.
pub(super) fn resident_bytes() -> u64 {
    status_bytes("VmRSS:")
}

fn status_bytes(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes =
        status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or(0_u64) * 1_024
}

/// Processor time of this process so far, all its threads.
pub(super) fn cpu_of_this_process() -> Duration {
    clock(ClockId::ProcessCPUTime)
}

/// Processor time of the thread that asks.
pub(super) fn cpu_of_this_thread() -> Duration {
    clock(ClockId::ThreadCPUTime)
}

fn clock(id: ClockId) -> Duration {
    Duration::try_from(clock_gettime(id)).unwrap_or_default()
}

/// Processor time of a process of one thread so far.
pub(super) fn cpu_of(pid: u32) -> Duration {
    let said = fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
    Duration::from_nanos(said.split_whitespace().next().and_then(|field| field.parse().ok()).unwrap_or(0))
}

/// The children of a process.
pub(super) fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        fields.split_whitespace().nth(1).and_then(|field| field.parse().ok()) == Some(parent)
    })
    .collect()
}

/// Asks a process to stop.
pub(super) fn terminate(pid: Option<u32>) {
    if let Some(pid) = pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw) {
        // One that has gone needs no signal.
        let _ = kill_process(pid, Signal::TERM);
    }
}
