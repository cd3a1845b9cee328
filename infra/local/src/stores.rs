//! The demonstration stores: folders that the simulator serves.

use std::fs;
use std::path::{Path, PathBuf};

use domain::digest::Digest;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use shopify_sim::{folder, twin};

use crate::error::Error;
use crate::home::Home;
use crate::progress::Progress;

/// The demonstration store that stands in where no data is given.
const FIRST: Made = Made { seed: 1, months: 25, orders: 12_000 };
/// The second merchant's store.
const SECOND: Made = Made { seed: 2, months: 12, orders: 2_000 };

struct Made {
    seed: u64,
    months: u32,
    orders: u32,
}

/// A store folder and the little that must be known before it is served.
#[derive(Clone, Debug)]
pub struct StoreFolder {
    pub path: PathBuf,
    pub domain: String,
    /// Where its clock starts.
    pub now: Option<Timestamp>,
    /// A digest of its content: other content is another store.
    pub fingerprint: String,
}

#[derive(Deserialize)]
struct StoreJson {
    myshopify_domain: String,
    now: Option<Timestamp>,
}

/// The first merchant's store: the given folder, or a twin written once into the state folder.
///
/// # Errors
/// [`Error::StoreFolder`], [`Error::Twin`] or [`Error::Io`].
pub fn first(home: &Home, data: Option<&Path>, progress: &Progress) -> Result<StoreFolder, Error> {
    match data {
        Some(data) => open(data),
        None => open(&written(home, &FIRST, None, progress)?),
    }
}

/// The second merchant's store: a twin whose life ends on the same day as the first one's.
///
/// # Errors
/// [`Error::Twin`] or [`Error::Io`].
pub fn second(home: &Home, first: &StoreFolder, progress: &Progress) -> Result<StoreFolder, Error> {
    let end = first.now.map(|now| TimeZone::UTC.to_datetime(now).date());
    open(&written(home, &SECOND, end, progress)?)
}

fn written(home: &Home, made: &Made, end: Option<Date>, progress: &Progress) -> Result<PathBuf, Error> {
    let mut settings = twin::Settings::new(made.seed, PathBuf::new());
    (settings.months, settings.orders) = (made.months, made.orders);
    settings.end = end.unwrap_or(settings.end);
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("twin-{version}-{}-{}-{}-{}", made.seed, made.months, made.orders, settings.end);
    let out = home.file("stores").join(name);
    if out.join("store.json").exists() {
        return Ok(out);
    }
    progress.say("writing a demonstration store");
    // Written beside and moved into place: half a store is never taken for a whole one.
    let making = out.with_extension("new");
    if making.exists() {
        fs::remove_dir_all(&making).map_err(Error::io("remove", &making))?;
    }
    fs::create_dir_all(&making).map_err(Error::io("make the folder", &making))?;
    settings.out.clone_from(&making);
    twin::write(settings)?;
    fs::rename(&making, &out).map_err(Error::io("rename", &making))?;
    Ok(out)
}

/// Looks at a store folder. Its tables are read by the simulator.
///
/// # Errors
/// [`Error::StoreFolder`] with file, line, column and reason.
pub fn open(path: &Path) -> Result<StoreFolder, Error> {
    let refuse = |reason: String| Error::StoreFolder { folder: path.to_path_buf(), reason };
    if !path.is_dir() {
        return Err(refuse("there is no such folder".to_owned()));
    }
    let path = path.canonicalize().map_err(|error| refuse(error.to_string()))?;
    let read = fs::read(path.join("store.json")).ok();
    let Some(facts) = read.and_then(|text| serde_json::from_slice::<StoreJson>(&text).ok()) else {
        // The one reader of folders says what is wrong, in its own words.
        let reason = folder::load(&path)
            .err()
            .map_or_else(|| "store.json cannot be read".to_owned(), |error| error.to_string());
        return Err(refuse(reason));
    };
    let fingerprint = fingerprint(&path).map_err(|error| refuse(error.to_string()))?;
    Ok(StoreFolder { path, domain: facts.myshopify_domain, now: facts.now, fingerprint })
}

fn fingerprint(path: &Path) -> std::io::Result<String> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(path)?.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".csv") || name.ends_with(".csv.gz") || name == "store.json" {
            parts.push(Digest::of(name.as_bytes()).as_bytes().to_vec());
            parts.push(Digest::of(&fs::read(&file)?).as_bytes().to_vec());
        }
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Ok(Digest::of_parts(&parts).to_string())
}
