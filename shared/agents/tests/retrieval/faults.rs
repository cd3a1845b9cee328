use std::time::Duration;

use agents::retrieval::{Mirror, error::Error, refresh};
use shopify::reader::Patience;
use store::{linked_accounts, linked_accounts::SyncState};
use testing::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

use crate::shops::{NOW, Sim, link, loaded, mirror, unwatched};

const SHOP: &str = "little-harbour.myshopify.com";
const CUSTOMER: &str = r#"{"id":"gid://shopify/Customer/1","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z","tags":[],"numberOfOrders":"0","defaultAddress":null}"#;

/// A shop whose bulk operations give files of customers only, with this text in them.
async fn shop_with_customers(file: String) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let url = base.join("file").unwrap();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = String::new();
            while !whole(&request) {
                let mut part = [0; 4096];
                let read = socket.read(&mut part).await.unwrap();
                request.push_str(std::str::from_utf8(&part[..read]).unwrap());
            }
            let body = answer(&request, &url, &file);
            let head =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            socket.write_all((head + &body).as_bytes()).await.unwrap();
        }
    });
    base
}

fn whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn answer(request: &str, url: &Url, file: &str) -> String {
    let customers = request.contains("gid://shopify/BulkOperation/2");
    if request.starts_with("GET") {
        file.to_owned()
    } else if request.contains("query Shop") {
        r#"{"data":{"shop":{"name":"S","myshopifyDomain":"s.myshopify.com","currencyCode":"GBP","ianaTimezone":"Europe/London","taxesIncluded":true,"plan":{"publicDisplayName":"Basic"}}}}"#.to_owned()
    } else if request.contains("mutation BulkStart") {
        let id = if request.contains("customers(") { 2 } else { 1 };
        format!(
            r#"{{"data":{{"bulkOperationRunQuery":{{"bulkOperation":{{"id":"gid://shopify/BulkOperation/{id}","status":"CREATED","createdAt":"2026-03-10T12:00:00Z"}},"userErrors":[]}}}}}}"#
        )
    } else {
        let url = if customers { format!("\"{url}\"") } else { "null".to_owned() };
        format!(
            r#"{{"data":{{"bulkOperation":{{"id":"gid://shopify/BulkOperation/1","status":"COMPLETED","errorCode":null,"createdAt":"2026-03-10T12:00:00Z","completedAt":null,"objectCount":"2","fileSize":null,"url":{url}}}}}}}"#
        )
    }
}

#[tokio::test]
async fn a_broken_line_fails_the_load_and_the_merchant_is_told_which() {
    let db = TestDb::new().await;
    let broken = CUSTOMER.replace("\"0\"", "\"ada@x.example\"");
    let base = shop_with_customers(format!("{CUSTOMER}\n{broken}\n")).await;
    let account = link(&db.store, &db.alice, SHOP, "a").await;
    let mirror = mirror(&db.store, db.alice, account, &base, NOW).await;
    let error = refresh(&mirror, &unwatched).await.unwrap_err();
    let expected = shopify::error::Error::Line {
        line: 2,
        field: "numberOfOrders".to_owned(),
        problem: "is not a count",
    };
    assert!(!error.is_retry() && matches!(&error, Error::Shop(found) if *found == expected), "{error:?}");
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let sync = linked_accounts::load(&mut tx, account).await.unwrap().unwrap().sync;
    let message = "line 2 of the bulk operation's file: numberOfOrders: is not a count".to_owned();
    assert_eq!((sync.state, sync.error_message), (SyncState::Failed, Some(message)));
}

#[tokio::test]
async fn a_shop_that_is_mended_is_loaded_by_the_next_question() {
    let db = TestDb::new().await;
    let broken = shop_with_customers("nonsense\n".to_owned()).await;
    let account = link(&db.store, &db.alice, SHOP, "a").await;
    let at_broken = mirror(&db.store, db.alice, account, &broken, NOW).await;
    assert!(refresh(&at_broken, &unwatched).await.is_err());
    let mended = shop_with_customers(format!("{CUSTOMER}\n")).await;
    let at_mended = mirror(&db.store, db.alice, account, &mended, NOW).await;
    assert_eq!(loaded(&at_mended).await.coverage.orders, 0);
}

#[tokio::test]
async fn a_refused_token_is_final_and_a_dead_shop_is_not() {
    let db = TestDb::new().await;
    let sim = Sim::serve(&[("a", &shopify_sim::sample::folder())]).await;
    let account = link(&db.store, &db.alice, SHOP, "another").await;
    let refused = mirror(&db.store, db.alice, account, &sim.base, NOW).await;
    let error = refresh(&refused, &unwatched).await.unwrap_err();
    assert!(
        !error.is_retry() && matches!(error, Error::Shop(shopify::error::Error::TokenRefused)),
        "{error:?}"
    );
    let nobody = sim.stop();
    let dead = mirror(&db.store, db.alice, account, &nobody, NOW).await;
    let patience = Patience { attempts_max: 2, backoff: Duration::ZERO, wait_max: Duration::ZERO };
    let dead = Mirror { reader: dead.reader.with_patience(patience), ..dead };
    let error = refresh(&dead, &unwatched).await.unwrap_err();
    assert!(error.is_retry(), "{error:?}");
}
