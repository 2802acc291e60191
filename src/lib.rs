//! A whole private API Gateway bundle as one Terraform resource.
//!
//! Read in this order: [`provider`] turns the provider block into AWS clients; [`bundle`] is the resource, and
//! [`bundle::desired`] the recipe; [`reconcile`] is the engine that brings what exists into the desired form; [`children`] has one
//! file for each AWS object and [`child`] says what they have in common; [`aws`] is everything between us and AWS.

pub mod functions;
pub mod openapi;
pub mod provider;

pub mod bundle;

pub mod reconcile;

pub mod children;

pub mod child;

pub mod aws;
