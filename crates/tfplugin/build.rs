//! Compiles the protocol definitions, without needing `protoc` on the machine.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Asked for when it runs, not when it is compiled: a target directory may serve one checkout after another.
    let protos = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", protos.display());
    let files = protox::compile(["tfplugin6.proto", "plugin.proto"], [protos])?;
    tonic_prost_build::configure()
        .build_server(true)
        .build_client(true)
        .build_transport(false)
        .generate_default_stubs(true)
        .btree_map(".")
        .compile_fds(files)?;
    Ok(())
}
