import LeibnizCore

/// NumPy's archives of named arrays: zip files of NPY files.
///
/// ```swift
/// try NPZ.write(["x": x, "y": y], to: "data.npz", compressed: true)
/// let arrays = try NPZ.read("data.npz")
/// ```
public enum NPZ {
    /// Reads all arrays of an archive, by name (without `.npy`).
    ///
    /// - Throws: an error that names the entry, where the archive or one of its arrays is damaged or none of NumPy's.
    public static func read(_ path: String) throws(DataError) -> [String: Tensor] {
        let archive = try ZipArchive(path: path)
        var arrays: [String: Tensor] = [:]
        for entry in archive.entries {
            let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
            guard arrays[name] == nil else {
                throw DataError(
                    .inconsistent, "two arrays have one name", in: path, found: name,
                    expected: "a name of its own for every array")
            }
            arrays[name] = try NPY.decode(archive.contents(of: entry), name: archive.subject(entry))
        }
        return arrays
    }

    /// Writes tensors as an archive, whole or not at all, in the order of their names.
    ///
    /// - Parameter compressed: whether entries are deflated as `numpy.savez_compressed` does; false by default.
    /// - Throws: the error of evaluation; a `DataError` where the file cannot be written.
    public static func write(_ tensors: [String: Tensor], to path: String, compressed: Bool = false) throws {
        try write(tensors, to: path, compressed: compressed, largeFrom: 0xFFFF_FFFF)
    }

    /// - Parameter largeFrom: from which size on the records of large archives are used.
    package static func write(
        _ tensors: [String: Tensor], to path: String, compressed: Bool, largeFrom: Int
    ) throws {
        let arrays = try tensors.sorted { $0.key < $1.key }.map { ($0.key, try NPY.encoded($0.value)) }
        try OutputFile.write(to: path) { file throws(DataError) in
            var writer = ZipWriter(file, largeFrom: largeFrom)
            for (name, bytes) in arrays { try writer.add(name + ".npy", bytes, compressed: compressed) }
            try writer.finish()
        }
    }
}
