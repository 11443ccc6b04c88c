/// The version of the library, as in `CHANGELOG.md`.
public let leibnizVersion = "0.1.0"
