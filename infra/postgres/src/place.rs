//! Where a cluster lives and under whom it runs.
//!
//! The data lies in the home. PostgreSQL refuses root and its programs must be able to reach the data, so root steps
//! down to an ordinary user and the data lies in a system temporary folder named by a hash of the home; `place` in
//! the home points there. The socket is always there, because its path may have no more than 107 bytes.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::digest::Digest;

use crate::Error;

/// Bytes of a socket's path on Linux, without its final NUL; macOS allows four fewer.
const SOCKET_PATH_BYTES_MAX: usize = 103;

/// An ordinary user to step down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// The user that programs must run as when we are root; `None` when we are not.
///
/// # Errors
/// [`Error::NoAccount`] when root finds nobody to step down to.
pub fn steps_down() -> Result<Option<Account>, Error> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let listed = fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"].iter().find_map(|name| account(&listed, name)).map(Some).ok_or(Error::NoAccount)
}

fn account(listed: &str, name: &str) -> Option<Account> {
    let mut fields = listed.lines().find(|line| line.split(':').next() == Some(name))?.split(':').skip(2);
    let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    (uid != 0).then(|| Account { name: name.to_owned(), uid, gid })
}

/// Whether every user may walk to this path.
pub(crate) fn open_to_all(path: &Path) -> bool {
    path.ancestors().all(|step| fs::metadata(step).is_ok_and(|facts| facts.mode() & 0o001 != 0))
}

/// The folders of one cluster.
#[derive(Clone, Debug)]
pub struct Place {
    /// Private to the server's user.
    base: PathBuf,
    run: PathBuf,
    account: Option<Account>,
}

impl Place {
    /// Makes the folders that are missing.
    pub(crate) fn of(home: &Path) -> Result<Self, Error> {
        fs::create_dir_all(home).map_err(Error::io("make the folder", home))?;
        let home = home.canonicalize().map_err(Error::io("read", home))?;
        let account = steps_down()?;
        let uid = account.as_ref().map_or_else(|| rustix::process::geteuid().as_raw(), |account| account.uid);
        let name = Digest::of_parts(&[home.as_os_str().as_bytes(), &uid.to_le_bytes()]).to_string();
        let name = format!("alatar-{}", name.get(..12).unwrap_or_default());
        let run = temporary_folders()
            .into_iter()
            .filter(|folder| account.is_none() || open_to_all(folder))
            .map(|folder| folder.join(&name))
            .find(|run| run.join(crate::ready::SOCKET).as_os_str().len() <= SOCKET_PATH_BYTES_MAX)
            .ok_or(Error::NoPlace)?;
        let base = if account.is_some() { run.clone() } else { home.clone() };
        let place = Self { base, run, account };
        place.own(&place.run)?;
        let pointer = home.join("place");
        fs::write(&pointer, place.base.as_os_str().as_bytes()).map_err(Error::io("write", &pointer))?;
        Ok(place)
    }

    /// Makes a private folder of the server's user, or sees to it that the folder that is there is one.
    pub(crate) fn own(&self, dir: &Path) -> Result<(), Error> {
        if !dir.exists() {
            self.make(dir)?;
        }
        // Someone else may have made it first: temporary folders are open to all.
        let facts = fs::symlink_metadata(dir).map_err(Error::io("read", dir))?;
        let uid = self.uid();
        if facts.is_dir() && facts.uid() == uid && facts.mode() & 0o077 == 0 {
            return Ok(());
        }
        Err(Error::Untrusted { dir: dir.to_path_buf(), uid })
    }

    /// Made beside and moved into place, so that nobody ever sees the folder before it is given away. Of several who
    /// make it at once one wins; the others find it there.
    fn make(&self, dir: &Path) -> Result<(), Error> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let mut name = dir.as_os_str().to_owned();
        name.push(format!(".{}.{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed)));
        let new = PathBuf::from(name);
        DirBuilder::new().mode(0o700).create(&new).map_err(Error::io("make the folder", &new))?;
        let moved = self.give(&new).and_then(|()| match fs::rename(&new, dir) {
            Err(error) if !dir.exists() => Err(Error::io("make the folder", dir)(error)),
            Ok(()) | Err(_) => Ok(()),
        });
        // Gone where it was moved; empty otherwise.
        let _ = fs::remove_dir(&new);
        moved
    }

    /// Writes a file that only the server's user (and root) can read.
    pub(crate) fn write_private(&self, path: &Path, text: &str) -> Result<(), Error> {
        let written = || -> std::io::Result<()> {
            let _ = fs::remove_file(path);
            fs::File::create_new(path)?.set_permissions(Permissions::from_mode(0o600))?;
            fs::write(path, text)
        };
        written().map_err(Error::io("write", path))?;
        self.give(path)
    }

    fn give(&self, path: &Path) -> Result<(), Error> {
        let Some(account) = &self.account else { return Ok(()) };
        std::os::unix::fs::lchown(path, Some(account.uid), Some(account.gid))
            .map_err(Error::io("give away", path))
    }

    fn uid(&self) -> u32 {
        self.account.as_ref().map_or_else(|| rustix::process::geteuid().as_raw(), |account| account.uid)
    }

    /// A program that runs as the server's user, in a folder it can read, with no word of ours in its environment
    /// about another PostgreSQL.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env("LC_ALL", "C").stdin(std::process::Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.as_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        if let Some(account) = &self.account {
            use std::os::unix::process::CommandExt;
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.base.join("data")
    }

    pub(crate) fn sockets(&self) -> &Path {
        &self.run
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.base.join("postgres.log")
    }

    pub(crate) fn password_file(&self) -> PathBuf {
        self.base.join("owner.password")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }
}

fn temporary_folders() -> [PathBuf; 3] {
    [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")]
}

#[cfg(test)]
mod tests {
    use super::{Account, account};

    #[test]
    fn an_account_is_read_from_the_list_and_root_is_not_one() {
        let listed =
            "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533:n:/:/bin/false\npostgres:x:0:0::/:/bin/sh\n";
        let nobody = Account { name: "nobody".to_owned(), uid: 65534, gid: 65533 };
        assert_eq!(account(listed, "nobody"), Some(nobody));
        assert_eq!(account(listed, "postgres"), None);
        assert_eq!(account(listed, "body"), None);
    }
}
