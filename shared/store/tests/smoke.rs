#[tokio::test]
async fn it_works() {
    let db = testing::TestDb::new().await;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let user = store::users::load(&mut tx).await.unwrap();
    assert_eq!(user.email, "alice@example.com");
    println!("{:?}", store::linked_accounts::list(&mut tx).await.unwrap());
    println!("{:?}", store::linked_accounts::access_token(&mut tx, db.alice_account).await.unwrap().expose());
}
