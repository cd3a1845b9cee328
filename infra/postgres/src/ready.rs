//! Asks a server over its socket whether it takes connections yet.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// The port is no port, only a part of the socket's name: nothing listens on a network.
pub(crate) const PORT: u16 = 5432;
pub(crate) const SOCKET: &str = ".s.PGSQL.5432";
/// "The database system is starting up", or shutting down.
const CANNOT_CONNECT_NOW: &[u8] = b"C57P03\0";

pub(crate) fn answers(sockets: &Path) -> bool {
    asked(sockets).unwrap_or(false)
}

fn asked(sockets: &Path) -> std::io::Result<bool> {
    let mut stream = UnixStream::connect(sockets.join(SOCKET))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    // Startup message, protocol 3.0.
    let body = format!("user\0{}\0database\0{}\0\0", crate::OWNER, crate::FIRST_DATABASE);
    let length = u32::try_from(body.len() + 8).unwrap_or(u32::MAX);
    let mut message = length.to_be_bytes().to_vec();
    message.extend(196_608_u32.to_be_bytes());
    message.extend(body.as_bytes());
    stream.write_all(&message)?;
    let mut answer = [0; 512];
    let read = stream.read(&mut answer)?;
    let answer = answer.get(..read).unwrap_or_default();
    // A request for a password says that it is ready; so does a refusal for any other reason than the time of day.
    Ok(match answer.first() {
        Some(b'E') => !answer.windows(CANNOT_CONNECT_NOW.len()).any(|part| part == CANNOT_CONNECT_NOW),
        Some(_) => true,
        None => false,
    })
}
