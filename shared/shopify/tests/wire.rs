//! The reader against a hostile wire: a server that answers each connection with canned bytes.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{money::Currency, secret::Secret};
use shopify::{
    bulk::{
        Bulk, Position,
        download::Download,
        operation::{File, Started, State},
    },
    error::Error,
    reader::{Patience, Reader, client},
    shop_domain::ShopDomain,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

const TOKEN: &str = "shpat_do_not_print_me";
const SHOP: &str = r#"{"data":{"shop":{"name":"S","myshopifyDomain":"s.myshopify.com","currencyCode":"GBP","ianaTimezone":"Europe/London","taxesIncluded":true,"plan":{"publicDisplayName":"Basic"}}},"extensions":{"cost":{"requestedQueryCost":2,"actualQueryCost":2,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":1998,"restoreRate":100.0}}}}"#;

/// Answers one connection after the other with one canned answer each, and keeps what it was asked.
struct Canned {
    base: Url,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    async fn serve(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            for answer in answers {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !whole(&request) {
                    let mut part = [0; 4096];
                    let read = socket.read(&mut part).await.unwrap();
                    request.extend_from_slice(&part[..read]);
                }
                seen.lock().unwrap().push(String::from_utf8(request).unwrap());
                socket.write_all(&answer).await.unwrap();
            }
        });
        Self { base, asked }
    }

    fn reader(&self) -> Reader {
        reader(Some(self.base.clone()))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn file(&self, bytes: Option<u64>) -> File {
        File { url: self.base.join("file.jsonl?signature=secret").unwrap().to_string(), bytes }
    }
}

/// Whether head and body of the request are there.
fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn reader(base: Option<Url>) -> Reader {
    let shop = ShopDomain::parse("s.myshopify.com").unwrap();
    let patience = Patience { attempts_max: 2, backoff: Duration::ZERO, wait_max: Duration::from_secs(1) };
    Reader::new(client().unwrap(), base, shop, Secret::new(TOKEN)).with_patience(patience)
}

fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        .into_bytes()
}

fn ok(body: &str) -> Vec<u8> {
    http("200 OK", "x-shopify-api-version: 2026-10\r\n", body)
}

fn gbp() -> Currency {
    Currency::parse("GBP").unwrap()
}

/// The error of a `shop` call that gets these answers; a retry takes the next.
async fn shop_error(answers: Vec<Vec<u8>>) -> Error {
    let error = Canned::serve(answers).await.reader().shop().await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains(TOKEN) && !text.contains("ada@"), "{text}");
    error
}

#[tokio::test]
async fn the_shop_is_asked_at_the_official_path_with_its_token() {
    let canned = Canned::serve(vec![ok(SHOP)]).await;
    let shop = canned.reader().shop().await.unwrap();
    assert_eq!(
        (shop.currency, shop.iana_timezone.as_str(), shop.plan.as_str()),
        (gbp(), "Europe/London", "Basic")
    );
    let asked = canned.asked().remove(0);
    assert!(asked.starts_with("POST /admin/api/2026-10/graphql.json HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("x-shopify-access-token: {TOKEN}\r\n")), "{asked}");
}

#[tokio::test]
async fn every_status_is_an_error_that_says_whether_to_try_again() {
    let cases = [
        ("401 Unauthorized", Error::TokenRefused, false),
        ("402 Payment Required", Error::ShopFrozen, false),
        ("403 Forbidden", Error::Forbidden, false),
        ("404 Not Found", Error::ShopNotFound, false),
        ("423 Locked", Error::ShopLocked, false),
        ("430 Shopify Security Rejection", Error::Status { status: 430 }, false),
        ("302 Found", Error::Status { status: 302 }, false),
        ("429 Too Many Requests", Error::Throttled { wait: Duration::from_secs(7) }, true),
        ("500 Internal Server Error", Error::Unavailable { status: 500 }, true),
        ("503 Service Unavailable", Error::Unavailable { status: 503 }, true),
    ];
    for (status, expected, is_retry) in cases {
        let answer = http(
            status,
            "retry-after: 7.0\r\nlocation: http://127.0.0.1:1/\r\n",
            "{\"errors\":\"ada@x.example\"}",
        );
        let error = shop_error(vec![answer.clone(), answer]).await;
        assert_eq!((error.is_retry(), error), (is_retry, expected), "{status}");
    }
}

#[tokio::test]
async fn errors_beside_data_are_errors() {
    let operation = "shop";
    let cost = |available| {
        format!(
            r#""extensions":{{"cost":{{"requestedQueryCost":300,"throttleStatus":{{"maximumAvailable":2000,"currentlyAvailable":{available},"restoreRate":100}}}}}}"#
        )
    };
    let error = |code| {
        format!(
            r#"{{"message":"about ada@x.example","path":["shop","plan"],"extensions":{{"code":"{code}"}}}}"#
        )
    };
    let partial = SHOP.replace(r#"{"publicDisplayName":"Basic"}"#, "null");
    let beside = |code| partial.replacen('{', &format!(r#"{{"errors":[{}],"#, error(code)), 1);
    let cases = [
        (beside("ACCESS_DENIED"), Error::AccessDenied { operation, path: "shop.plan".to_owned() }),
        (partial.clone(), Error::Field { operation, field: "data" }),
        (
            format!(r#"{{"errors":[{}],{}}}"#, error("THROTTLED"), cost(0)),
            Error::Throttled { wait: Duration::from_secs(3) },
        ),
        (format!(r#"{{"errors":[{}],{}}}"#, error("MAX_COST_EXCEEDED"), cost(2000)), Error::TooCostly { operation }),
        (format!(r#"{{"data":null,"errors":[{}]}}"#, error("INTERNAL_SERVER_ERROR")), Error::Fault { operation }),
        (
            format!(r#"{{"data":null,"errors":[{}]}}"#, error("undefinedField")),
            Error::Rejected { operation, codes: vec!["undefinedField".to_owned()] },
        ),
        (
            format!(r#"{{"data":null,"errors":[{}]}}"#, error("<ada@x.example>")),
            Error::Rejected { operation, codes: vec!["unreadable".to_owned()] },
        ),
        (
            SHOP.replace(r#""extensions":{"#, r#""extensions":{"search":[{"path":["shop"],"query":"state:X","warnings":[{"field":"state","code":"invalid_field"}]}],"#),
            Error::SearchIgnored { operation, code: "invalid_field".to_owned() },
        ),
        (r#"{"data":null}"#.to_owned(), Error::Field { operation, field: "data" }),
        ("<html>ada@x.example</html>".to_owned(), Error::NotJson { operation }),
        (String::new(), Error::NotJson { operation }),
        (SHOP.replace("GBP", "pound"), Error::Field { operation, field: "currencyCode" }),
        (SHOP.replace("Europe/London", "Mars/Olympus"), Error::Field { operation, field: "ianaTimezone" }),
    ];
    for (body, expected) in cases {
        assert_eq!(shop_error(vec![ok(&body), ok(&body)]).await, expected, "{body}");
    }
}

#[tokio::test]
async fn another_api_version_is_noticed() {
    let answer = http("200 OK", "X-Shopify-API-Version: 2027-01\r\n", SHOP);
    let expected = Error::Version { asked: "2026-10", answered: "2027-01".to_owned() };
    assert_eq!(shop_error(vec![answer]).await, expected);
}

#[tokio::test]
async fn a_cut_and_a_dead_server_are_worth_a_retry() {
    let mut cut = ok(SHOP);
    cut.truncate(cut.len() - 20);
    assert_eq!(shop_error(vec![cut.clone(), cut]).await, Error::Cut);
    assert_eq!(shop_error(vec![b"garbage\r\n\r\n".to_vec(), Vec::new()]).await, Error::Cut);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    assert_eq!(reader(Some(base)).shop().await, Err(Error::Unreachable));
}

#[tokio::test]
async fn a_passing_fault_is_tried_again_and_the_answer_comes() {
    for fault in [
        http("429 Too Many Requests", "retry-after: 0\r\n", ""),
        http("502 Bad Gateway", "", ""),
        ok(
            r#"{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":2,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":1,"restoreRate":1000}}}}"#,
        ),
    ] {
        let canned = Canned::serve(vec![fault, ok(SHOP)]).await;
        assert_eq!(canned.reader().shop().await.map(|shop| shop.name), Ok("S".to_owned()));
        assert_eq!(canned.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_bulk_operation_is_started_once_user_errors_are_empty() {
    let started = r#"{"data":{"bulkOperationRunQuery":{"bulkOperation":{"id":"gid://shopify/BulkOperation/1","status":"CREATED","createdAt":"2026-11-01T00:00:00Z"},"userErrors":[]}}}"#;
    let refused = |code: &str| {
        format!(
            r#"{{"data":{{"bulkOperationRunQuery":{{"bulkOperation":null,"userErrors":[{{"field":["query"],"code":{code},"message":"ada@x.example"}}]}}}}}}"#
        )
    };
    let operation = "bulk_start";
    let expected = Started {
        id: "gid://shopify/BulkOperation/1".to_owned(),
        created_at: "2026-11-01T00:00:00Z".parse().unwrap(),
    };
    let cases = [
        (started.to_owned(), Ok(expected)),
        (refused(r#""INVALID""#), Err(Error::Refused { operation, codes: vec!["INVALID".to_owned()] })),
        (refused("null"), Err(Error::Refused { operation, codes: vec!["no code".to_owned()] })),
        (refused(r#""OPERATION_IN_PROGRESS""#), Err(Error::BulkBusy)),
    ];
    for (body, expected) in cases {
        let canned = Canned::serve(vec![ok(&body)]).await;
        assert_eq!(canned.reader().start_bulk(Bulk::Orders, None).await, expected, "{body}");
        assert!(canned.asked().remove(0).contains("groupObjects: false"));
    }
}

#[tokio::test]
async fn a_poll_tells_every_state() {
    let state = |status: &str, error: &str, url: &str| {
        format!(
            r#"{{"data":{{"bulkOperation":{{"id":"gid://shopify/BulkOperation/1","status":"{status}","errorCode":{error},"createdAt":"2026-11-01T00:00:00Z","completedAt":null,"objectCount":"12","fileSize":"345","url":{url}}}}}}}"#
        )
    };
    let failed = |code: &str| State::Failed { code: code.to_owned() };
    let file = File { url: "https://files.example/1".to_owned(), bytes: Some(345) };
    let cases = [
        (state("CREATED", "null", "null"), State::Running { objects: 12 }),
        (state("RUNNING", "null", "null"), State::Running { objects: 12 }),
        (
            state("COMPLETED", "null", r#""https://files.example/1""#),
            State::Completed { file: Some(file), objects: 12 },
        ),
        (state("COMPLETED", "null", "null"), State::Completed { file: None, objects: 12 }),
        (state("FAILED", r#""ACCESS_DENIED""#, "null"), failed("ACCESS_DENIED")),
        (state("CANCELED", "null", "null"), failed("CANCELED")),
        (state("EXPIRED", "null", "null"), State::Expired),
        (r#"{"data":{"bulkOperation":null}}"#.to_owned(), State::Expired),
    ];
    for (body, expected) in cases {
        let canned = Canned::serve(vec![ok(&body)]).await;
        assert_eq!(canned.reader().poll_bulk("gid://shopify/BulkOperation/1").await, Ok(expected), "{body}");
    }
}

fn customer(id: u32) -> String {
    format!(
        r#"{{"id":"gid://shopify/Customer/{id}","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z","tags":[],"numberOfOrders":"1","defaultAddress":null}}"#
    )
}

/// The ids of all customers in the file, two lines a batch, and where the reading ended.
async fn customers(canned: &Canned, file: &File, from: Position) -> Result<(Vec<i64>, Position), Error> {
    let reader = canned.reader();
    let mut download = Download::open(&reader, file, (Bulk::Customers, gbp()), from).await?;
    let (mut ids, mut end) = (Vec::new(), from);
    while let Some(batch) = download.next(2).await? {
        assert!(batch.rows.customers.len() <= 2);
        ids.extend(batch.rows.customers.iter().map(|customer| customer.id));
        end = batch.end;
    }
    Ok((ids, end))
}

#[tokio::test]
async fn a_file_is_read_from_any_line_on_and_never_with_the_token() {
    let text = format!("{}\n{}\n{}", customer(1), customer(2), customer(3));
    let bytes = text.len() as u64;
    let second = Position { bytes: customer(1).len() as u64 + 1, lines: 1 };
    let rest = &text[usize::try_from(second.bytes).unwrap()..];
    let range = format!("content-range: bytes {}-{}/{bytes}\r\n", second.bytes, bytes - 1);
    let end = Position { bytes, lines: 3 };
    let cases = [
        (http("200 OK", "", &text), Position::default(), Ok((vec![1, 2, 3], end))),
        (http("206 Partial Content", &range, rest), second, Ok((vec![2, 3], end))),
        (http("200 OK", "", &text), second, Ok((vec![2, 3], end))),
        (
            http("206 Partial Content", "content-range: bytes 5-9/10\r\n", rest),
            second,
            Err(Error::Status { status: 206 }),
        ),
        (http("416 Range Not Satisfiable", "", ""), end, Ok((vec![], end))),
        (http("403 Forbidden", "", "expired"), second, Err(Error::FileGone)),
        (http("500 Oops", "", ""), second, Err(Error::Unavailable { status: 500 })),
    ];
    for (answer, from, expected) in cases {
        let canned = Canned::serve(vec![answer]).await;
        assert_eq!(customers(&canned, &canned.file(None), from).await, expected);
        let asked = canned.asked().remove(0);
        assert!(!asked.contains(TOKEN) && asked.contains("accept-encoding: identity\r\n"), "{asked}");
    }
    let nobody = Canned::serve(vec![]).await;
    assert_eq!(
        customers(&nobody, &nobody.file(Some(bytes)), end).await,
        Ok((vec![], end)),
        "nothing left to ask for"
    );
}

#[tokio::test]
async fn a_broken_line_is_named_and_a_cut_file_is_worth_a_retry() {
    let line = |line, field: &str, problem| Err(Error::Line { line, field: field.to_owned(), problem });
    let (first, second) = (customer(1), customer(2));
    let half = &second[..40];
    let cases = [
        (
            format!("{first}\n{}\n", second.replace("\"1\"", "\"-1\"")),
            line(2, "numberOfOrders", "is not a count"),
        ),
        (format!("{first}\n\n{second}\n"), line(2, "line", "ends in the middle of its JSON")),
        (format!("{first}\nada@x.example\n"), line(2, "line", "is not JSON")),
        (format!("{first}\n{half}"), Err(Error::Cut)),
    ];
    for (body, expected) in cases {
        let canned = Canned::serve(vec![http("200 OK", "", &body)]).await;
        assert_eq!(customers(&canned, &canned.file(None), Position::default()).await, expected, "{body}");
    }
    let short = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{first}\n").into_bytes();
    let canned = Canned::serve(vec![short]).await;
    assert_eq!(customers(&canned, &canned.file(Some(1000)), Position::default()).await, Err(Error::Cut));
}

#[tokio::test]
async fn a_file_is_fetched_over_https_or_from_the_simulator_only() {
    let (real, simulated) = (reader(None), reader(Some(Url::parse("http://127.0.0.1:1/").unwrap())));
    for (reader, url) in [
        (&real, "http://files.example/1"),
        (&real, "file:///etc/passwd"),
        (&real, "nonsense"),
        (&simulated, "https://files.example/1"),
        (&simulated, "http://127.0.0.1:2/1"),
    ] {
        let file = File { url: url.to_owned(), bytes: None };
        let opened = Download::open(reader, &file, (Bulk::Orders, gbp()), Position::default()).await;
        assert_eq!(opened.err(), Some(Error::FileAddress), "{url}");
    }
}

#[tokio::test]
async fn refund_lines_are_read_to_the_last_page() {
    let money = |amount: &str| format!(r#"{{"shopMoney":{{"amount":"{amount}"}}}}"#);
    let line = |id: u32| {
        format!(
            r#"{{"id":"gid://shopify/RefundLineItem/{id}","quantity":1,"restockType":"RETURN","lineItem":{{"id":"gid://shopify/LineItem/5"}},"subtotalSet":{},"totalTaxSet":{}}}"#,
            money("2.50"),
            money("0.0")
        )
    };
    let first = format!(
        r#"{{"data":{{"nodes":[null,{{"id":"gid://shopify/Refund/9","processedAt":"2026-01-01T00:00:00Z","note":null,"order":{{"id":"gid://shopify/Order/7"}},"totalRefundedSet":{},"refundShippingLines":{{"nodes":[{{"subtotalAmountSet":{}}}],"pageInfo":{{"hasNextPage":false}}}},"refundLineItems":{{"nodes":[{}],"pageInfo":{{"hasNextPage":true,"endCursor":"c1"}}}}}}]}}}}"#,
        money("9.00"),
        money("4.0"),
        line(1)
    );
    let second = format!(
        r#"{{"data":{{"refund":{{"id":"gid://shopify/Refund/9","refundLineItems":{{"nodes":[{}],"pageInfo":{{"hasNextPage":false,"endCursor":"c2"}}}}}}}}}}"#,
        line(2)
    );
    let canned = Canned::serve(vec![ok(&first), ok(&second)]).await;
    let read = canned.reader().refund_lines(gbp(), &[8, 9]).await.unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].refund.total, read[0].refund.shipping, read[0].refund.order_id), (900, 400, 7));
    assert_eq!(
        read[0].lines.iter().map(|line| (line.id, line.subtotal)).collect::<Vec<_>>(),
        [(1, 250), (2, 250)]
    );
    let asked = canned.asked();
    assert!(
        asked[0].contains(r#"{"ids":["gid://shopify/Refund/8","gid://shopify/Refund/9"]}"#),
        "{}",
        asked[0]
    );
    assert!(asked[1].contains(r#""after":"c1""#), "{}", asked[1]);
}
