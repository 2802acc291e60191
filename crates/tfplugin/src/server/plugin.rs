//! go-plugin's own services.

use std::pin::Pin;

use futures::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use crate::proto::plugin::{
    ConnInfo, Empty, StdioData, grpc_broker_server::GrpcBroker, grpc_controller_server::GrpcController,
    grpc_stdio_server::GrpcStdio,
};

/// All three services share one thing: the end.
#[derive(Clone)]
pub(super) struct Plugin {
    pub(super) shutdown: CancellationToken,
}

type Silence<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Plugin {
    /// A stream that stays open, says nothing and ends with the process. It keeps the other direction open too.
    fn silence<T: Send + 'static>(&self, other_direction: impl Send + 'static) -> Silence<T> {
        let shutdown = self.shutdown.clone();
        let end = async move {
            shutdown.cancelled().await;
            drop(other_direction);
        };
        Box::pin(stream::pending().take_until(Box::pin(end)))
    }
}

#[tonic::async_trait]
impl GrpcController for Plugin {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Plugin {
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Silence<StdioData>>, Status> {
        Ok(Response::new(self.silence(())))
    }
}

#[tonic::async_trait]
impl GrpcBroker for Plugin {
    async fn start_stream(&self, request: Request<Streaming<ConnInfo>>) -> Result<Response<Silence<ConnInfo>>, Status> {
        Ok(Response::new(self.silence(request.into_inner())))
    }
}
