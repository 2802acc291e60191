//! A stored state, whoever has written it, and what is kept beside it.

use std::cell::OnceCell;

use privgw::bundle::model::InternalApi;
use privgw::bundle::state::Private;
use privgw::provider::Privgw;
use tfplugin::testing::Rpc;
use tfplugin::{Codec, Path};

use crate::here::block_on;

const TYPE: &str = "privgw_internal_api";
/// Versions of the schema: before the first, the current one, one of the future.
const VERSIONS: [i64; 3] = [0, 1, 2];

thread_local! {
    static RPC: OnceCell<Rpc> = const { OnceCell::new() };
}

/// Every state is upgraded or refused, and what it is upgraded to is a state.
pub fn run(input: &[u8]) {
    let _ = Private::read(input);
    let text = String::from_utf8_lossy(input);
    let rpc = RPC.with(|rpc| rpc.get_or_init(|| block_on(Rpc::in_process(Privgw)).expect("a provider")).clone());
    for version in VERSIONS {
        let (state, found) = block_on(rpc.upgrade(TYPE, version, &text)).expect("the protocol works");
        for one in &found {
            assert!(!one.summary.is_empty() && !one.detail.is_empty(), "{one:?}");
        }
        if !found.has_errors() && !state.is_null() {
            assert!(!state.has_unknown());
            InternalApi::decode(&state, &Path::root()).unwrap_or_else(|error| panic!("{error:?}"));
        }
    }
}
