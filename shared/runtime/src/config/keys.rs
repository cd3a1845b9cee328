//! The two keys. Given as base64; made once, on first local use, in a file that only its owner reads.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::read::Lookup;
use super::{Environment, Error, Key};

const EXPECTED: &str = "base64 of at least 32 random bytes; `openssl rand -base64 32` makes one";

pub(super) fn key(
    lookup: &Lookup<'_>,
    name: &'static str,
    file: &'static str,
    environment: Environment,
    home: &Path,
) -> Result<Key, Error> {
    match lookup.text(name) {
        Some(text) => decode(&text).ok_or(Error::Malformed { name, expected: EXPECTED }),
        None if environment == Environment::Local => {
            let path = home.join(file);
            read_or_make(&path).map_err(|source| Error::KeyFile { name, path, source })
        }
        None => Err(Error::Missing { name, expected: EXPECTED }),
    }
}

fn decode(text: &str) -> Option<Key> {
    BASE64_STANDARD.decode(text).ok().and_then(Key::new)
}

fn read_or_make(path: &Path) -> Result<Key, io::Error> {
    match fs::read_to_string(path) {
        Ok(text) => decode(text.trim()).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, EXPECTED)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error),
    }
}

/// Two processes may start at once: the key is written beside its place and linked into it, so whoever comes second
/// reads the first one's key and nobody ever sees half a file.
fn make(path: &Path) -> Result<Key, io::Error> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut bytes = vec![0; Key::BYTES_MIN];
    rand::fill(&mut bytes).map_err(|_| io::Error::other("no random numbers"))?;
    let scratch = path.with_extension(format!("{}.new", std::process::id()));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&scratch)?;
    file.write_all(BASE64_STANDARD.encode(&bytes).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&scratch, path);
    fs::remove_file(&scratch)?;
    match linked {
        Ok(()) => Key::new(bytes).ok_or_else(|| io::Error::other(EXPECTED)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_or_make(path),
        Err(error) => Err(error),
    }
}
