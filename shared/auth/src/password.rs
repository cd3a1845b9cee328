//! Passwords: what is refused, and Argon2id (19 MiB, 2 passes, 1 lane: the first choice of OWASP's cheat sheet).

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::limits::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, PASSWORD_HASHES_AT_ONCE};
use domain::secret::Secret;
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A hash that no password has, with the same costs: an unknown e-mail takes as long as a known one.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YWxhdGFyLW5vYm9keS4u$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Passwords of twelve characters or more that head every list of breached ones, in lower case.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.is_empty()).collect());

/// What most breached passwords are made of: alone or twice, with digits and signs around it, letters written as digits.
const WORDS: [&str; 40] = [
    "abc",
    "access",
    "adidas",
    "admin",
    "alatar",
    "asdf",
    "asdfgh",
    "baseball",
    "batman",
    "changeme",
    "charlie",
    "computer",
    "dragon",
    "flower",
    "football",
    "hello",
    "hunter",
    "iloveyou",
    "letmein",
    "liverpool",
    "login",
    "lovely",
    "master",
    "michael",
    "monkey",
    "pass",
    "password",
    "princess",
    "qazwsx",
    "qwer",
    "qwerty",
    "qwertyuiop",
    "secret",
    "shadow",
    "shopify",
    "starwars",
    "sunshine",
    "superman",
    "trustno",
    "welcome",
];

/// Why a password is refused; the text is for the one who chose it.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    #[error("a password cannot contain the NUL character")]
    Nul,
    #[error("this password is among the most common ones")]
    Common,
    #[error("this password is a simple pattern")]
    Pattern,
}

/// A hash could not be computed; nothing about the password is said.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct Error;

/// Refuses what is too short, too long, well known or a bare pattern. No composition rules.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(password: &str) -> Result<(), Weak> {
    if password.contains('\0') {
        return Err(Weak::Nul);
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Weak::TooLong);
    }
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(Weak::TooShort);
    }
    let lower = password.to_lowercase();
    if COMMON.contains(lower.as_str()) || is_dressed_word(&lower) {
        return Err(Weak::Common);
    }
    let chars: Vec<char> = lower.chars().collect();
    if repeats(&chars) || runs(&chars) { Err(Weak::Pattern) } else { Ok(()) }
}

/// Whether nothing but digits and signs stands around one of [`WORDS`], or around two of them.
fn is_dressed_word(lower: &str) -> bool {
    let core: String = lower.trim_matches(|c: char| !c.is_alphabetic()).chars().map(letter).collect();
    let halves = core.len().checked_div(2).and_then(|half| core.split_at_checked(half));
    let is_word = |text: &str| WORDS.contains(&text);
    is_word(&core) || halves.is_some_and(|(first, second)| first == second && is_word(first))
}

/// The letter that a sign is written for.
const fn letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether it is one unit of at most four characters over and over.
fn repeats(chars: &[char]) -> bool {
    (1..=4).any(|period| chars.iter().zip(chars.iter().skip(period)).all(|(a, b)| a == b))
}

/// Whether each character follows its neighbour in the alphabet or among the digits, upwards or downwards.
fn runs(chars: &[char]) -> bool {
    let step = |a: char, b: char| match (a, b) {
        ('9', '0') | ('z', 'a') => Some(1),
        ('0', '9') | ('a', 'z') => Some(-1),
        _ => i64::from(u32::from(b)).checked_sub(i64::from(u32::from(a))),
    };
    [1, -1]
        .into_iter()
        .any(|way| chars.iter().zip(chars.iter().skip(1)).all(|(a, b)| step(*a, *b) == Some(way)))
}

/// Hashes and verifies off the async threads, at most two at once: each takes 19 MiB and some 20 ms.
#[derive(Clone, Debug)]
pub struct Hasher {
    turns: Arc<Semaphore>,
    computed: Arc<AtomicU64>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl Hasher {
    pub fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(PASSWORD_HASHES_AT_ONCE)), computed: Arc::default() }
    }

    /// The PHC text to store, with a salt of its own.
    ///
    /// # Errors
    /// When the machine gives no random bytes or the runtime is going away.
    pub async fn hash(&self, password: &Secret) -> Result<String, Error> {
        let password = password.clone();
        self.run(move || {
            let mut salt = [0; 16];
            aws_lc_rs::rand::fill(&mut salt).map_err(|_| Error)?;
            let salt = SaltString::encode_b64(&salt).map_err(|_| Error)?;
            let hash = argon2()?.hash_password(password.expose().as_bytes(), &salt).map_err(|_| Error)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the stored hash's. `None` (nobody has this e-mail) costs the same and is false.
    pub async fn verify(&self, password: &Secret, stored: Option<&str>) -> bool {
        let known = stored.is_some();
        let (password, stored) = (password.clone(), stored.unwrap_or(NOBODYS).to_owned());
        let matches = self.run(move || {
            let hash = PasswordHash::new(&stored).map_err(|_| Error)?;
            Ok(argon2()?.verify_password(password.expose().as_bytes(), &hash).is_ok())
        });
        matches.await.unwrap_or(false) && known
    }

    /// Hashes computed so far: what an answer costs can be counted instead of timed.
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        // The turn is held by the work itself: a caller that goes away must not let a third one start.
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Error)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Error)?
    }
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| Error)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests;
