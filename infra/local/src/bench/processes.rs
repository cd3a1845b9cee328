//! What the operating system knows about processes (Linux; zero elsewhere).

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// Ticks of processor time in a second: `USER_HZ`, 100 on every Linux.
const TICKS: f64 = 100.0;

/// The most memory this process has held at once, in bytes.
pub(super) fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or(0_u64) * 1_024
}

/// Processor time of a process so far, in milliseconds; all its threads.
pub(super) fn cpu_ms(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; the numbers follow it: utime and stime are fields 14 and 15 of all.
    let numbers = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 =
        numbers.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks * 1e3 / TICKS
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
