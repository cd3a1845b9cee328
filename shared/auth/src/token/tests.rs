use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ids::{SessionId, UserId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Error, issue};
use crate::from_token;
use crate::keys::Keys;

fn keys() -> Keys {
    Keys::derive(&[7; 32])
}

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn seconds(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// Our own key over any header and claims: what is refused here is refused for its content.
fn signed(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let algorithm = jsonwebtoken::Algorithm::HS256;
    let signature = jsonwebtoken::crypto::sign(text.as_bytes(), keys().token_encoding(), algorithm).unwrap();
    format!("{text}.{signature}")
}

fn header() -> Value {
    json!({"alg": "HS256", "typ": "at+jwt", "kid": keys().token_id()})
}

/// Every user's session has the user's number here.
fn session(user: UserId) -> SessionId {
    SessionId::from_uuid(user.uuid())
}

fn claims(user: UserId) -> Value {
    let at = now().as_second();
    let id = user.uuid();
    json!({"iss": "alatar", "aud": "alatar-api", "sub": id, "sid": id, "iat": at, "nbf": at, "exp": at + 900})
}

fn with(mut value: Value, name: &str, new: Value) -> Value {
    value[name] = new;
    value
}

#[test]
fn a_token_names_its_user_for_fifteen_minutes() {
    let user = UserId::new();
    let (token, expires) = issue(&keys(), user, session(user), now()).unwrap();
    assert_eq!(expires, seconds(900));
    let tenant = from_token(&keys(), token.expose(), now()).unwrap();
    assert_eq!((tenant.user_id(), tenant.session()), (user, Some(session(user))));
    let verified = |at| from_token(&keys(), token.expose(), at).map(|tenant| tenant.user_id());
    assert_eq!(verified(now()), Ok(user));
    assert_eq!(verified(seconds(899)), Ok(user));
    assert_eq!(verified(seconds(900)), Err(Error::Expired));
    assert_eq!(verified(seconds(-5)), Ok(user), "the clocks of two machines may stand a little apart");
    assert_eq!(verified(seconds(-6)), Err(Error::NotYet));
}

#[test]
fn a_token_carries_the_claims_of_the_contract() {
    let user = UserId::new();
    let (token, _) = issue(&keys(), user, session(user), now()).unwrap();
    let parts: Vec<Value> = token
        .expose()
        .split('.')
        .take(2)
        .map(|part| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!(parts, [header(), claims(user)]);
    let again = signed(&header(), &claims(user));
    assert_eq!(from_token(&keys(), &again, now()).map(|tenant| tenant.user_id()), Ok(user));
}

#[test]
fn every_changed_byte_is_refused() {
    let (token, _) = issue(&keys(), UserId::new(), SessionId::new(), now()).unwrap();
    let token = token.expose();
    for at in 0..token.len() {
        for flip in [1_u8, 2, 16] {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] ^= flip;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(from_token(&keys(), &changed, now()), Err(Error::Invalid), "byte {at}: {changed}");
        }
    }
}

#[test]
fn a_token_of_another_key_or_without_a_signature_is_refused() {
    let user = UserId::new();
    let (foreign, _) = issue(&Keys::derive(&[8; 32]), user, session(user), now()).unwrap();
    assert_eq!(from_token(&keys(), foreign.expose(), now()), Err(Error::Invalid));
    for alg in ["none", "None", "NONE", "HS384", "HS512", "RS256", "EdDSA", ""] {
        let token = signed(&with(header(), "alg", json!(alg)), &claims(user));
        let unsigned = token.rsplit_once('.').unwrap().0.to_owned() + ".";
        assert_eq!(from_token(&keys(), &token, now()), Err(Error::Invalid), "{alg}");
        assert_eq!(from_token(&keys(), &unsigned, now()), Err(Error::Invalid), "{alg}");
    }
    for text in ["", ".", "..", "a.b.c", "Bearer x", &"x".repeat(1_025)] {
        assert_eq!(from_token(&keys(), text, now()), Err(Error::Invalid), "{text}");
    }
}

#[test]
fn a_signed_token_with_a_wrong_claim_or_header_is_refused() {
    let user = UserId::new();
    let at = now().as_second();
    let wrong_claims = [
        ("iss", json!("saruman")),
        ("iss", Value::Null),
        ("aud", json!("other-api")),
        ("aud", Value::Null),
        ("aud", json!(["alatar-api", "other-api"])),
        ("sub", json!("alice")),
        ("sub", Value::Null),
        ("sid", json!("now")),
        ("sid", Value::Null),
        ("exp", Value::Null),
        ("exp", json!("soon")),
        ("nbf", Value::Null),
        ("admin", json!(true)),
    ];
    for (name, value) in wrong_claims {
        let token = signed(&header(), &with(claims(user), name, value.clone()));
        assert_eq!(from_token(&keys(), &token, now()), Err(Error::Invalid), "{name}: {value}");
    }
    for (name, value) in
        [("typ", json!("JWT")), ("typ", Value::Null), ("kid", json!("other")), ("kid", Value::Null)]
    {
        let token = signed(&with(header(), name, value.clone()), &claims(user));
        assert_eq!(from_token(&keys(), &token, now()), Err(Error::Invalid), "{name}: {value}");
    }
    let later = signed(&header(), &with(claims(user), "nbf", json!(at + 60)));
    assert_eq!(from_token(&keys(), &later, now()), Err(Error::NotYet));
}
