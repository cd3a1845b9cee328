//! Users, their preferences, their stores, and the tokens that open those.

use auth::email::Email;
use domain::digest::Digest;
use domain::facts::Shop;
use domain::ids::{LinkedAccountId, SessionId, UserId};
use domain::money::Currency;
use domain::secret::Secret;
use store::error::Error;
use store::linked_accounts::{self, New, Status};
use store::sessions::NewSession;
use store::user_preferences::{self, Preferences};
use store::users::{self, Credentials, Known, NewUser, Registered, User};
use store::vault;
use testing::TestDb;

#[tokio::test]
async fn an_address_belongs_to_one_user() {
    let db = TestDb::new().await;
    let (carol, dave) = (UserId::new(), UserId::new());
    let email = Email::parse("Carol@Example.com").unwrap();
    let session =
        |id| NewSession { id: SessionId::new(), refresh_token: Digest::of(UserId::uuid(id).as_bytes()) };
    let new = |id| NewUser { id, email: &email, password_hash: "hash", session: session(id), now: db.now };
    let mut tx = db.store.system().await.unwrap();
    let user = User { id: carol, email: "carol@example.com".to_owned(), created_at: db.now };
    assert_eq!(users::register(&mut tx, new(carol)).await.unwrap(), Registered::Created(user.clone()));
    assert_eq!(users::register(&mut tx, new(dave)).await.unwrap(), Registered::EmailTaken);
    tx.commit().await.unwrap();
    let mut tx = db.store.system().await.unwrap();
    let found = users::credentials(&mut tx, Some(&email), &[], db.now).await.unwrap();
    let carols = Credentials { user_id: carol, password_hash: "hash".to_owned() };
    assert!(found == Known::User(carols.clone()));
    assert!(users::credentials_of(&mut tx, carol, &[], db.now).await.unwrap() == Known::User(carols));
    assert!(users::credentials_of(&mut tx, dave, &[], db.now).await.unwrap() == Known::Nobody);
    let nobody = Email::parse("dave@example.com").unwrap();
    for nobody in [Some(&nobody), None] {
        assert!(users::credentials(&mut tx, nobody, &[], db.now).await.unwrap() == Known::Nobody);
    }

    let mut tx = db.store.tenant(&auth::testing::tenant(carol)).await.unwrap();
    assert_eq!(users::load(&mut tx).await.unwrap(), user);
    let mut tx = db.store.tenant(&auth::testing::tenant(dave)).await.unwrap();
    assert!(matches!(users::load(&mut tx).await, Err(Error::NotFound(_))), "an account that is gone");
}

#[tokio::test]
async fn preferences_have_defaults_and_are_the_users_own() {
    let db = TestDb::new().await;
    let mine = Preferences {
        preferred_llm: Some("palantir-2".to_owned()),
        notifications_enabled: false,
        budget_cents_per_analysis: 7,
    };
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    assert_eq!(user_preferences::load(&mut tx).await.unwrap(), Preferences::default());
    for preferences in [&Preferences::default(), &mine] {
        user_preferences::save(&mut tx, preferences, db.now).await.unwrap();
        assert_eq!(&user_preferences::load(&mut tx).await.unwrap(), preferences);
    }
    tx.commit().await.unwrap();
    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    assert_eq!(user_preferences::load(&mut tx).await.unwrap(), Preferences::default());
}

fn link<'a>(db: &TestDb, shop_domain: &'a str, token: &'a Secret) -> New<'a> {
    New { id: LinkedAccountId::new(), shop_domain, access_token: token, scopes: &[], now: db.now }
}

#[tokio::test]
async fn a_store_linked_again_keeps_its_id_and_takes_the_new_token() {
    let db = TestDb::new().await;
    let token = Secret::new("shpat_new");
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let again = linked_accounts::link(&mut tx, link(&db, "alice.myshopify.com", &token)).await.unwrap();
    assert_eq!(again, db.alice_account);
    let second = linked_accounts::link(&mut tx, link(&db, "second.myshopify.com", &token)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    assert_eq!(linked_accounts::access_token(&mut tx, db.alice_account).await.unwrap(), token);
    let list = linked_accounts::list(&mut tx).await.unwrap();
    assert_eq!(list.iter().map(|account| account.id).collect::<Vec<_>>(), [db.alice_account, second]);
    // The same store of another merchant is another account.
    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    let bobs = linked_accounts::link(&mut tx, link(&db, "alice.myshopify.com", &token)).await.unwrap();
    assert_ne!(bobs, db.alice_account);
}

#[tokio::test]
async fn what_the_shop_says_of_itself_is_kept() {
    let db = TestDb::new().await;
    let shop = Shop {
        name: "Alice's Lamps".to_owned(),
        myshopify_domain: "alice.myshopify.com".to_owned(),
        currency: Currency::parse("JPY").unwrap(),
        iana_timezone: "Europe/Kyiv".to_owned(),
        taxes_included: true,
        plan: "Basic".to_owned(),
    };
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    linked_accounts::set_shop(&mut tx, db.alice_account, &shop, db.now).await.unwrap();
    let account = linked_accounts::load(&mut tx, db.alice_account).await.unwrap().unwrap();
    assert_eq!((account.shop.as_ref(), account.status), (Some(&shop), Status::Active));
    let foreign = linked_accounts::set_shop(&mut tx, db.bob_account, &shop, db.now).await;
    assert!(matches!(foreign, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn a_token_moved_to_another_row_does_not_open() {
    let db = TestDb::new().await;
    let owner = db.owner().await;
    let token = Secret::new("shpat_second");
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let second = linked_accounts::link(&mut tx, link(&db, "second.myshopify.com", &token)).await.unwrap();
    tx.commit().await.unwrap();
    let open = async |account| {
        let mut tx = db.store.tenant(&db.alice).await.unwrap();
        linked_accounts::access_token(&mut tx, account).await
    };
    assert_eq!(open(second).await.unwrap(), token);
    let stored = "select encode(access_token, 'escape') from linked_accounts";
    for row in owner.query(stored, &[]).await.unwrap() {
        assert!(!row.get::<_, &str>(0).contains("shpat"), "no token is readable at rest");
    }

    let copy = |to: LinkedAccountId, from: LinkedAccountId| {
        format!("update linked_accounts set access_token = (select access_token from linked_accounts where id = '{from}')
            where id = '{to}'")
    };
    for from in [db.bob_account, db.alice_account] {
        owner.batch_execute(&copy(second, from)).await.unwrap();
        assert!(matches!(open(second).await, Err(Error::Vault(vault::Error::Open))));
    }
    let bobs_key = "update tenant_keys a set wrapped_key = b.wrapped_key from tenant_keys b where a.user_id <> b.user_id";
    owner.batch_execute(bobs_key).await.unwrap();
    assert!(matches!(open(db.alice_account).await, Err(Error::Vault(vault::Error::Open))));
}
