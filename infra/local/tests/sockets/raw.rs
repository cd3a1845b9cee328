//! A WebSocket client of bare frames over TCP (RFC 6455), so that nothing of a library's good manners hides what the
//! server does.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a test waits for a frame that must come.
const PATIENCE: Duration = Duration::from_secs(15);
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
const PONG: u8 = 10;

pub(crate) struct Raw {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frame {
    Message(Value),
    Close(u16, String),
    /// The answer to a ping of the layer below.
    Pong,
    /// The line ended without a close frame.
    Cut,
}

impl Raw {
    /// Shakes hands with the usual headers and these instead; gives the status and headers of the answer too.
    pub(crate) async fn connect_with(address: &str, headers: &[(&str, &str)]) -> (Self, String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let usual = [
            ("host", address),
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", "graphql-transport-ws"),
        ];
        let mut request = "GET /graphql HTTP/1.1\r\n".to_owned();
        let kept = usual.iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        for (name, value) in kept.chain(headers.iter()).filter(|(_, value)| !value.is_empty()) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut raw = Self { stream, buffer: Vec::new() };
        let end = loop {
            if let Some(at) = raw.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(raw.fill().await, "the handshake was not answered");
        };
        let answer = String::from_utf8(raw.buffer.drain(..end).collect()).unwrap().to_lowercase();
        (raw, answer)
    }

    pub(crate) async fn connect(address: &str) -> Self {
        let (raw, answer) = Self::connect_with(address, &[]).await;
        assert!(
            answer.starts_with("http/1.1 101") && answer.contains("s3pplmbitxaq9kygzzhzrbk+xoo="),
            "{answer}"
        );
        assert!(answer.contains("sec-websocket-protocol: graphql-transport-ws"), "{answer}");
        raw
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.frame(TEXT, text.as_bytes()).await;
    }

    /// A whole message in one masked frame. A server that has closed need not read it.
    pub(crate) async fn frame(&mut self, opcode: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | opcode];
        match payload.len() {
            len @ 0..=125 => frame.push(0x80 | len as u8),
            len @ 126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend((len as u16).to_be_bytes());
            }
            len => {
                frame.push(0x80 | 127);
                frame.extend((len as u64).to_be_bytes());
            }
        }
        let mask = [1, 2, 3, 4];
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        let _ = self.stream.write_all(&frame).await;
    }

    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next message, or how it ended.
    pub(crate) async fn next(&mut self) -> Frame {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("a frame comes in time")
    }

    async fn read(&mut self) -> Frame {
        loop {
            let Some((opcode, payload)) = self.take() else {
                if !self.fill().await {
                    return Frame::Cut;
                }
                continue;
            };
            match opcode {
                TEXT => return Frame::Message(serde_json::from_slice(&payload).unwrap()),
                CLOSE => {
                    let code = u16::from_be_bytes([payload[0], payload[1]]);
                    assert!(payload.len() <= 125, "a close frame is a control frame");
                    return Frame::Close(code, String::from_utf8(payload[2..].to_vec()).unwrap());
                }
                PONG => return Frame::Pong,
                other => panic!("opcode {other}"),
            }
        }
    }

    /// One frame of the server, which never masks and never cuts a message into several.
    fn take(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, second) = (*self.buffer.first()?, *self.buffer.get(1)?);
        assert_eq!((first & 0xf0, second & 0x80), (0x80, 0), "a whole, unmasked frame");
        let (len, start) = match second {
            126 => (u16::from_be_bytes(self.buffer.get(2..4)?.try_into().unwrap()) as usize, 4),
            127 => (u64::from_be_bytes(self.buffer.get(2..10)?.try_into().unwrap()) as usize, 10),
            len => (len as usize, 2),
        };
        let payload = self.buffer.get(start..start + len)?.to_vec();
        self.buffer.drain(..start + len);
        Some((first & 0x0f, payload))
    }

    async fn fill(&mut self) -> bool {
        let mut chunk = [0; 16 * 1024];
        match self.stream.read(&mut chunk).await {
            Ok(read @ 1..) => {
                self.buffer.extend_from_slice(&chunk[..read]);
                true
            }
            Ok(_) | Err(_) => false,
        }
    }

    pub(crate) async fn message(&mut self) -> Value {
        match self.next().await {
            Frame::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }
}
