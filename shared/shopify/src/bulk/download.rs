//! The file of a finished bulk operation, streamed as batches of typed rows.

use std::time::Duration;

use bytes::Bytes;
use domain::money::Currency;
use reqwest::{
    StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE},
};

use super::{
    Bulk, Position, Rows,
    operation::File,
    parse::{self, Fault},
};
use crate::{error::Error, reader::Reader, wire};

/// Silence for longer than this is a broken connection.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(60);
/// An order with hundreds of refunds and the longest note stays far below.
const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Rows, and where the file goes on after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub rows: Rows,
    pub end: Position,
}

/// An open file. Memory is bounded by one network chunk, one line and one batch.
pub struct Download {
    bulk: Bulk,
    currency: Currency,
    response: Option<reqwest::Response>,
    /// Bytes of the file that an earlier load has read, where the server would not skip them for us.
    skip: u64,
    bytes_min: u64,
    chunk: Bytes,
    /// The beginning of a line whose end is in the next chunk.
    rest: Vec<u8>,
    position: Position,
}

impl Download {
    /// Opens the file before the line that `from` stands at.
    pub async fn open(
        reader: &Reader,
        file: &File,
        (bulk, currency): (Bulk, Currency),
        from: Position,
    ) -> Result<Self, Error> {
        let mut download = Self {
            bulk,
            currency,
            response: None,
            skip: 0,
            bytes_min: file.bytes.unwrap_or(0),
            chunk: Bytes::new(),
            rest: Vec::new(),
            position: from,
        };
        if from.bytes > 0 && file.bytes == Some(from.bytes) {
            return Ok(download);
        }
        // Byte offsets mean something only in the file as it is, not in a compressed transfer of it.
        let mut request = reader.file_request(&file.url)?.header(ACCEPT_ENCODING, "identity");
        if from.bytes > 0 {
            request = request.header(RANGE, format!("bytes={}-", from.bytes));
        }
        let sent = tokio::time::timeout(CHUNK_TIMEOUT, request.send()).await.map_err(|_| Error::TimedOut)?;
        let response = sent.map_err(|error| Error::from_transport(&error))?;
        match response.status() {
            StatusCode::OK => download.skip = from.bytes,
            StatusCode::PARTIAL_CONTENT if starts_at(&response, from.bytes) => {}
            StatusCode::RANGE_NOT_SATISFIABLE if from.bytes > 0 => return Ok(download),
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::BAD_REQUEST => {
                return Err(Error::FileGone);
            }
            StatusCode::TOO_MANY_REQUESTS => {
                return Err(Error::Throttled { wait: wire::retry_after(response.headers()) });
            }
            status if status.is_server_error() => return Err(Error::Unavailable { status: status.as_u16() }),
            status => return Err(Error::Status { status: status.as_u16() }),
        }
        download.response = Some(response);
        Ok(download)
    }

    /// The next lines, about `lines_max` of them; `None` at the end of the file.
    pub async fn next(&mut self, lines_max: u64) -> Result<Option<Batch>, Error> {
        let mut rows = Rows::default();
        let stop = self.position.lines.saturating_add(lines_max);
        let start = self.position.lines;
        loop {
            self.take_lines(stop, &mut rows)?;
            if self.position.lines >= stop || !self.fill().await? {
                break;
            }
        }
        if self.position.lines == start {
            return if self.position.bytes < self.bytes_min { Err(Error::Cut) } else { Ok(None) };
        }
        Ok(Some(Batch { rows, end: self.position }))
    }

    /// Parses the whole lines of the chunk at hand, up to line number `stop`.
    fn take_lines(&mut self, stop: u64, rows: &mut Rows) -> Result<(), Error> {
        while self.position.lines < stop {
            let Some(end) = self.chunk.iter().position(|byte| *byte == b'\n') else {
                self.rest.extend_from_slice(&self.chunk);
                self.chunk.clear();
                if self.rest.len() > LINE_BYTES_MAX {
                    return Err(self.broken("line", "is longer than we accept"));
                }
                // At the end of the file a last line may lack its line feed.
                if self.response.is_none() && !self.rest.is_empty() {
                    let line = std::mem::take(&mut self.rest);
                    self.parse(&line, rows)?;
                    self.advance(line.len());
                }
                return Ok(());
            };
            let line = self.chunk.split_to(end + 1);
            let line = line.get(..end).unwrap_or_default();
            if self.rest.is_empty() {
                self.parse(line, rows)?;
                self.advance(end + 1);
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(line);
                self.parse(&whole, rows)?;
                self.advance(whole.len() + 1);
                whole.clear();
                self.rest = whole;
            }
        }
        Ok(())
    }

    fn advance(&mut self, bytes: usize) {
        self.position.bytes += bytes as u64;
        self.position.lines += 1;
    }

    fn parse(&self, line: &[u8], rows: &mut Rows) -> Result<(), Error> {
        parse::line(self.bulk, self.currency, line, rows).map_err(|fault| match fault {
            Fault::Cut if self.response.is_none() => Error::Cut,
            Fault::Cut => self.broken("line", "ends in the middle of its JSON"),
            Fault::Field { field, problem } => self.broken(&field, problem),
        })
    }

    fn broken(&self, field: &str, problem: &'static str) -> Error {
        Error::Line { line: self.position.lines + 1, field: field.to_owned(), problem }
    }

    /// Waits for the next chunk; false once everything was read.
    async fn fill(&mut self) -> Result<bool, Error> {
        let Some(response) = &mut self.response else {
            return Ok(false);
        };
        let chunk =
            tokio::time::timeout(CHUNK_TIMEOUT, response.chunk()).await.map_err(|_| Error::TimedOut)?;
        match chunk.map_err(|error| Error::from_transport(&error))? {
            Some(mut chunk) => {
                let skipped = self.skip.min(chunk.len() as u64);
                self.skip -= skipped;
                // The minimum with the length fits a usize.
                let _ = chunk.split_to(usize::try_from(skipped).unwrap_or(chunk.len()));
                self.chunk = chunk;
            }
            None => self.response = None,
        }
        Ok(self.response.is_some() || !self.rest.is_empty())
    }
}

/// Whether a 206 begins where we asked it to: `Content-Range: bytes 100-199/200`.
fn starts_at(response: &reqwest::Response, bytes: u64) -> bool {
    let header = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let first = header.and_then(|text| text.strip_prefix("bytes ")).and_then(|text| text.split_once('-'));
    first.and_then(|(first, _)| first.parse().ok()) == Some(bytes)
}
