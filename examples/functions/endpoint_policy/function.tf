# For a private API that is made in another way.
output "policy" {
  value = provider::privgw::endpoint_policy(["vpce-0123456789abcdef0"])
}
