//! A session is asked for in front of everything that is done in it.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use auth::Tenant;
use domain::ids::{SessionId, UserId};
use store::error::Error;
use store::users;
use testing::TestDb;

/// The tenant as a bearer of a token of this session.
fn in_session(db: &TestDb, user: UserId, session: SessionId) -> Tenant {
    let (token, _) = auth::token::issue(&db.keys, user, session, db.now).unwrap();
    auth::from_token(&db.keys, token.expose(), db.now).unwrap()
}

async fn email(db: &TestDb, tenant: Tenant) -> Result<String, Error> {
    let mut tx = db.store.tenant_read_only(&tenant).await.unwrap();
    let user = users::load(&mut tx).await?;
    assert_eq!(tx.round_trips(), 1, "the check travels with the first statement");
    tx.commit().await?;
    Ok(user.email)
}

#[tokio::test]
async fn a_session_that_ended_or_is_another_users_lets_nothing_through() {
    let db = TestDb::new().await;
    let (alice, bob) = (db.alice.user_id(), db.bob.user_id());
    let open = in_session(&db, alice, testing::session(alice));
    assert_eq!(email(&db, open).await.unwrap(), "alice@example.com");
    let bobs = in_session(&db, alice, testing::session(bob));
    let nobodys = in_session(&db, alice, SessionId::new());
    for tenant in [bobs, nobodys] {
        assert!(matches!(email(&db, tenant).await, Err(Error::SessionEnded)));
    }
    let end = "update sessions set ended_at = now(), end_reason = 'logged_out' where user_id = $1";
    db.owner().await.execute(end, &[&alice.uuid()]).await.unwrap();
    assert!(matches!(email(&db, open).await, Err(Error::SessionEnded)));
    let mut tx = db.store.tenant_once(&open).await.unwrap();
    assert!(
        matches!(users::load(&mut tx).await, Err(Error::SessionEnded)),
        "nor a statement that commits itself"
    );
    // What a queue message brought goes on, and so does Bob.
    assert_eq!(email(&db, db.alice).await.unwrap(), "alice@example.com");
    assert_eq!(email(&db, in_session(&db, bob, testing::session(bob))).await.unwrap(), "bob@example.com");
}
