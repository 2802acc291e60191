//! The generated protocol. Nothing of it leaves this crate.

#![allow(missing_docs, unused, clippy::all, clippy::too_many_lines)]

pub(crate) mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

pub(crate) mod plugin {
    tonic::include_proto!("plugin");
}
