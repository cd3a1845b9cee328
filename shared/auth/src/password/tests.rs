use domain::secret::Secret;

use super::{COMMON, Hasher, NOBODYS, PasswordHash, Weak, argon2, check};

#[test]
fn the_bounds_are_twelve_characters_and_1024_bytes() {
    assert_eq!(check("elf-friend-9"), Ok(()));
    assert_eq!(check("elf-friend9"), Err(Weak::TooShort));
    // Characters, not bytes, at the lower end; bytes at the upper.
    assert_eq!(check("blåbærsyltet"), Ok(()));
    assert_eq!(check("blåbærsylte"), Err(Weak::TooShort));
    let long = "wizard ".repeat(200);
    assert_eq!(check(&long[..1_024]), Ok(()));
    assert_eq!(check(&long[..1_025]), Err(Weak::TooLong));
    assert_eq!(check("alice@example"), Ok(()));
    assert_eq!(check("with a \0 nul inside"), Err(Weak::Nul));
}

#[test]
fn well_known_passwords_and_bare_patterns_are_refused() {
    for password in ["Password1234", "qwertyuiop123", "1qaz2wsx3edc", "iloveyou1234"] {
        assert_eq!(check(password), Err(Weak::Common), "{password}");
    }
    let dressed = [
        "P@ssw0rd!2026!",
        "!!Welcome2026!",
        "2024shopify2024",
        "L3tm31nL3tm31n",
        "s3cr3ts3cr3t12",
        "trustno1-2345",
    ];
    for password in dressed {
        assert_eq!(check(password), Err(Weak::Common), "{password}");
    }
    for password in
        ["passwords are for hobbits", "my password 12", "dragon of the lake", "qwerty-and-mallorn"]
    {
        assert_eq!(check(password), Ok(()), "{password}");
    }
    for password in
        ["zzzzzzzzzzzz", "ABABABABABABAB", "xyzxyzxyzxyz", "34567890123456", "zyxwvutsrqpon", "\u{1f600}"]
    {
        let password = if password.chars().count() == 1 { password.repeat(12) } else { password.to_owned() };
        assert_eq!(check(&password), Err(Weak::Pattern), "{password}");
    }
}

#[test]
fn every_listed_password_could_otherwise_be_chosen() {
    for password in COMMON.iter() {
        assert!(password.chars().count() >= 12 && **password == password.to_lowercase(), "{password}");
    }
}

#[tokio::test]
async fn a_hash_verifies_its_own_password_only_and_says_its_costs() {
    let hasher = Hasher::new();
    let (right, wrong) = (Secret::new("not all those who wander"), Secret::new("not all those who wandeR"));
    let hash = hasher.hash(&right).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert!(hasher.verify(&right, Some(&hash)).await);
    assert!(!hasher.verify(&wrong, Some(&hash)).await);
    assert!(!hasher.verify(&right, Some("not a hash")).await);
    assert_ne!(hasher.hash(&right).await.unwrap(), hash, "each hash has a salt of its own");
}

#[tokio::test]
async fn nobodys_hash_costs_the_same_and_never_matches() {
    let nobodys = PasswordHash::new(NOBODYS).unwrap();
    let params = argon2::Params::try_from(&nobodys).unwrap();
    let ours = argon2().unwrap();
    let costs = |params: &argon2::Params| (params.m_cost(), params.t_cost(), params.p_cost());
    assert_eq!((costs(&params), nobodys.hash.unwrap().len()), (costs(ours.params()), 32));
    assert!(!Hasher::new().verify(&Secret::new("anything at all"), None).await);
}
