#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    websocket::serve().await
}
