//! The file of a bulk operation, streamed; a download that broke off goes on with `Range: bytes=N-`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;

use super::operations::Operation;

const CHUNK_BYTES: usize = 256 * 1024;

pub(super) fn answer(operation: &Operation, headers: &HeaderMap) -> Response<Body> {
    let size = u64::try_from(operation.bytes).unwrap_or(0);
    let Some(file) = &operation.file else { return empty(StatusCode::NOT_FOUND, size) };
    let wanted = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let (status, start, end) = match wanted.map(|range| parse_range(range, size)) {
        None | Some(Range::Other) => (StatusCode::OK, 0, size),
        Some(Range::Within(start, end)) => (StatusCode::PARTIAL_CONTENT, start, end),
        Some(Range::Beyond) => return empty(StatusCode::RANGE_NOT_SATISFIABLE, size),
    };
    let mut response = Response::new(Body::from_stream(chunks(Arc::clone(file), start, end)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(end - start));
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(range) = HeaderValue::try_from(format!("bytes {start}-{}/{size}", end.saturating_sub(1)))
    {
        headers.insert(header::CONTENT_RANGE, range);
    }
    response
}

fn empty(status: StatusCode, size: u64) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Ok(range) = HeaderValue::try_from(format!("bytes */{size}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// From the first byte to before the last.
    Within(u64, u64),
    Beyond,
    /// Not understood, which RFC 9110 lets a server ignore.
    Other,
}

/// One range of bytes: `bytes=5-`, `bytes=5-9` or `bytes=-5`.
fn parse_range(range: &str, size: u64) -> Range {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Range::Other;
    };
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(start), Ok(last)) if last >= start => (start, size.min(last.saturating_add(1))),
        (Ok(start), Err(_)) if last.is_empty() => (start, size),
        (Err(_), Ok(count)) if first.is_empty() => (size.saturating_sub(count), size),
        _ => return Range::Other,
    };
    if start < end { Range::Within(start, end) } else { Range::Beyond }
}

fn chunks(
    file: Arc<File>,
    start: u64,
    end: u64,
) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> + Send {
    futures_util::stream::try_unfold((file, start), move |(file, at)| async move {
        if at >= end {
            return Ok(None);
        }
        let wanted = usize::try_from(end - at).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        let read = tokio::task::spawn_blocking(move || {
            let mut chunk = vec![0; wanted];
            file.read_exact_at(&mut chunk, at).map(|()| (chunk, file))
        });
        let (chunk, file) = read.await.map_err(std::io::Error::other)??;
        Ok(Some((Bytes::from(chunk), (file, at + wanted as u64))))
    })
}

#[cfg(test)]
mod tests {
    use super::{Range, parse_range};

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let cases = [
            ("bytes=0-", Range::Within(0, 10)),
            ("bytes=4-", Range::Within(4, 10)),
            ("bytes=4-5", Range::Within(4, 6)),
            ("bytes=4-99", Range::Within(4, 10)),
            ("bytes=-3", Range::Within(7, 10)),
            ("bytes=10-", Range::Beyond),
            ("bytes=5-4", Range::Other),
            ("lines=1-2", Range::Other),
            ("bytes=", Range::Other),
            ("bytes=a-b", Range::Other),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_range(text, 10), expected, "{text}");
        }
    }
}
