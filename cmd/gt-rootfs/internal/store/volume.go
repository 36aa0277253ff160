package store

const volumes = "volumes"
