use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ids::{AgentTaskId, AnalysisRequestId, MessageId, SessionId, UserId};

use super::{Error, Message, seal};
use crate::keys::{Keys, Purpose};
use crate::{Opened, Tenant, open};

fn keys() -> Keys {
    Keys::derive(&[7; 32])
}

fn alice() -> Tenant {
    Tenant { user_id: UserId::new(), session: None }
}

fn messages() -> [Message; 7] {
    let (request, task) = (AnalysisRequestId::new(), AgentTaskId::new());
    [
        Message::Asked { request },
        Message::Answered { request },
        Message::Expired { request },
        Message::Reported { request, task },
        Message::Task { request, task },
        Message::Changed { request },
        Message::SessionEnded { session: SessionId::new() },
    ]
}

#[test]
fn what_is_sealed_opens_as_the_same_message_of_the_same_tenant() {
    let (tenant, id) = (alice(), MessageId::new());
    for message in messages() {
        let body = seal(&keys(), &tenant, id, &message);
        assert_eq!(open(&keys(), &body), Ok(Opened { tenant, id, message }), "{body}");
    }
}

#[test]
fn bobs_id_in_alices_envelope_is_a_forgery() {
    let (alice, bob) = (alice(), alice());
    for message in messages() {
        let body = seal(&keys(), &alice, MessageId::new(), &message);
        let swapped = body.replace(&alice.user_id().to_string(), &bob.user_id().to_string());
        assert_ne!(swapped, body);
        assert_eq!(open(&keys(), &swapped), Err(Error::Forged));
    }
}

#[test]
fn every_changed_byte_is_refused() {
    for message in messages() {
        let body = seal(&keys(), &alice(), MessageId::new(), &message);
        for at in 0..body.len() {
            for flip in [1_u8, 2, 32] {
                let mut bytes = body.clone().into_bytes();
                bytes[at] ^= flip;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                assert!(open(&keys(), &changed).is_err(), "byte {at}: {changed}");
            }
        }
    }
}

#[test]
fn another_spelling_of_a_sealed_message_is_not_that_message() {
    let body = seal(&keys(), &alice(), MessageId::new(), &messages()[0]);
    for other in [format!(" {body}"), body.replace(",", ", "), body.replacen('{', "{\"task\":null,", 1)] {
        assert_eq!(open(&keys(), &other), Err(Error::Malformed), "{other}");
    }
    let upper = body.replacen("\"user\":\"", "\"user\":\"urn:uuid:", 1);
    assert_eq!(open(&keys(), &upper), Err(Error::Malformed));
}

#[test]
fn an_envelope_of_another_key_purpose_or_version_is_refused() {
    let tenant = alice();
    let body = seal(&Keys::derive(&[8; 32]), &tenant, MessageId::new(), &messages()[0]);
    assert_eq!(open(&keys(), &body), Err(Error::Forged));

    let (request, id) = (AnalysisRequestId::new(), MessageId::new());
    let body = |version: u32, purpose: Purpose| {
        let text = format!("{version}\nasked\n{id}\n{}\n{request}\n", tenant.user_id());
        let mac = BASE64_URL_SAFE_NO_PAD.encode(keys().mac(purpose, text.as_bytes()));
        let user = tenant.user_id();
        format!(
            r#"{{"v":{version},"kind":"asked","id":"{id}","user":"{user}","request":"{request}","mac":"{mac}"}}"#
        )
    };
    assert!(open(&keys(), &body(1, Purpose::Envelope)).is_ok());
    assert_eq!(open(&keys(), &body(1, Purpose::Cursor)), Err(Error::Forged));
    assert_eq!(open(&keys(), &body(2, Purpose::Envelope)), Err(Error::Malformed));
}

#[test]
fn what_is_not_an_envelope_is_refused_without_a_look_inside() {
    for body in ["", "{}", "null", "[]", "hello", "{\"v\":1}", "{\"v\":1,\"kind\":\"paid\"}", "\u{0}"] {
        assert_eq!(open(&keys(), body), Err(Error::Malformed), "{body}");
    }
    assert_eq!(open(&keys(), &" ".repeat(1_024)), Err(Error::Malformed));
    assert_eq!(open(&keys(), &" ".repeat(1_025)), Err(Error::TooLarge));
}
