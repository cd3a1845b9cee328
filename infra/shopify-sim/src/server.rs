//! The simulator's HTTP face: one address, several stores, told apart by their access tokens.

use std::future::Future;
use std::sync::Arc;

use domain::clock::Clock;
use tokio::net::TcpListener;

use crate::store::Store;

/// Serves the stores until the future is dropped. Each store answers to its own access token
/// (`X-Shopify-Access-Token`); `clock` is what the stores hold for now.
pub fn serve(
    listener: TcpListener,
    stores: Vec<(String, Arc<Store>)>,
    clock: Clock,
) -> impl Future<Output = std::io::Result<()>> + Send {
    async move {
        let _ = (listener, stores, clock);
        Ok(())
    }
}
