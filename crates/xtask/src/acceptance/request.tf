# A request to what a test has built, as a run of its own: `module { source = "./request" }`. It must be answered with 200.

variable "program" {
  type = string
}

variable "url" {
  type = string
}

variable "security_group_id" {
  type = string
}

resource "terraform_data" "request" {
  provisioner "local-exec" {
    command = "\"${var.program}\" request \"${var.url}\" --group \"${var.security_group_id}\""
  }
}
