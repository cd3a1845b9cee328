use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let app = runtime::boot::boot("graphql").await?;
    let handle = |request| async { Ok::<_, Infallible>(graphql::handle(&app, request).await) };
    lambda_http::run(lambda_http::service_fn(handle)).await.map_err(runtime::Error::Lambda)
}
