# https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/v1
output "url" {
  value = provider::privgw::invoke_url("a1b2c3d4e5", "v1", "eu-central-1")
}
