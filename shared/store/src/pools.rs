//! Connection pools: TLS where the server offers it, and the time-outs that every connection has.

use deadpool_postgres::Pool;
use domain::secret::Secret;

use crate::error::Error;

pub(crate) fn pool(url: &Secret, size: usize) -> Result<Pool, Error> {
    let _ = (url, size);
    todo!()
}
