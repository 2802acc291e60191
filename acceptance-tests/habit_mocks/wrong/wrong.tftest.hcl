mock_provider "privgw" {}

run "wrong" {
  variables {
    backend = "users"
  }
}
