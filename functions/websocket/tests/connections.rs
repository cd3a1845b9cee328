//! The real SDK against a server that speaks the wire of `@connections`: paths, bodies, signatures, and what 410 means.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use std::sync::{Arc, Mutex};

use aws_config::BehaviorVersion;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use websocket::connections::Connections;
use websocket::wire::{Refused, Wire};

/// What was asked of the server: method and path, body, whether it was signed.
type Asked = (String, String, bool);

/// Answers `/stage/@connections/<id>`: `gone` with 410, `slow` with 429, `broken` with 500, any other with 200.
async fn api(listener: TcpListener, asked: Arc<Mutex<Vec<Asked>>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(stream, Arc::clone(&asked)));
    }
}

async fn serve(stream: TcpStream, asked: Arc<Mutex<Vec<Asked>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut first, mut length, mut signed) = (String::new(), 0, false);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end().to_owned();
            let lower = line.to_lowercase();
            if line.is_empty() {
                break;
            } else if first.is_empty() {
                first = line.trim_end_matches(" HTTP/1.1").to_owned();
            } else if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            } else if lower.starts_with("authorization: aws4-hmac-sha256") {
                signed = lower.contains("/execute-api/aws4_request");
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let answer = match first.rsplit('/').next() {
            Some("gone") => "410 Gone\r\nx-amzn-errortype: GoneException",
            Some("slow") => "429 Too Many Requests\r\nx-amzn-errortype: LimitExceededException",
            Some("broken") => "500 Internal Server Error",
            _ => "200 OK",
        };
        asked.lock().unwrap().push((first, String::from_utf8(body).unwrap(), signed));
        let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

async fn connections() -> (Connections, Arc<Mutex<Vec<Asked>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stage = Url::parse(&format!("http://{}/stage", listener.local_addr().unwrap())).unwrap();
    let asked = Arc::default();
    tokio::spawn(api(listener, Arc::clone(&asked)));
    let credentials =
        aws_sdk_apigatewaymanagement::config::Credentials::new("test", "test", None, None, "test");
    let aws = aws_config::defaults(BehaviorVersion::latest())
        .region("eu-central-1")
        .credentials_provider(credentials)
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .load()
        .await;
    (Connections::new(&aws, &stage), asked)
}

#[tokio::test]
async fn a_push_and_a_cut_are_signed_calls_to_the_connection() {
    let (wire, asked) = connections().await;
    let text = r#"{"type":"next","id":"ä"}"#;
    assert_eq!(wire.post("L0SM9cOFvHcCIhw=", text).await, Ok(()));
    assert_eq!(wire.delete("L0SM9cOFvHcCIhw=").await, Ok(()));
    let path = "/stage/@connections/L0SM9cOFvHcCIhw%3D";
    let expected =
        [(format!("POST {path}"), text.to_owned(), true), (format!("DELETE {path}"), String::new(), true)];
    let asked: Vec<Asked> = asked.lock().unwrap().clone();
    let asked: Vec<Asked> =
        asked.into_iter().map(|(first, body, signed)| (first.replace("%40", "@"), body, signed)).collect();
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_connection_that_is_gone_is_told_from_one_that_is_slow() {
    let (wire, _) = connections().await;
    assert_eq!(wire.post("gone", "{}").await, Err(Refused::Gone));
    assert_eq!(wire.delete("gone").await, Err(Refused::Gone));
    assert_eq!(wire.post("slow", "{}").await, Err(Refused::Later));
    assert_eq!(wire.post("broken", "{}").await, Err(Refused::Later));
}
