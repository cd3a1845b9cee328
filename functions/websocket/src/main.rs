#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let app = runtime::boot::boot("orchestrator").await?;
    runtime::sqs::serve(&app, orchestrator::handle).await
}
