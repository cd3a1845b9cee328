//! WebSocket events of API Gateway, and changes of requests, in and out of `api`.
