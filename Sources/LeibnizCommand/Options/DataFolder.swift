import Foundation
import Leibniz

/// Where data are that `scripts/data NAME` has prepared.
enum DataFolder {
    /// The folder that holds the data of a name: `${LEIBNIZ_DATA:-${XDG_CACHE_HOME:-$HOME/.cache}/leibniz/data}/NAME`.
    static func defaultPath(_ name: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        func folder(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
        let cache = folder("XDG_CACHE_HOME") ?? "\(folder("HOME") ?? NSHomeDirectory())/.cache"
        return (folder("LEIBNIZ_DATA") ?? "\(cache)/leibniz/data") + "/\(name)"
    }

    /// The folder of `--data`, or else the prepared one.
    ///
    /// - Parameter package: where a package of the system puts the same data, which counts if there is nothing prepared.
    /// - Throws: a `DataError` of kind `missing` where it is not there, which tells how to get it.
    static func path(_ name: String, given: String?, package: String? = nil) throws(DataError) -> String {
        let places = [defaultPath(name)] + (package.map { [$0] } ?? [])
        let path = given ?? places.first { FileManager.default.fileExists(atPath: $0) } ?? places[0]
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw DataError(
                .missing, "there are no data", in: path, found: "nothing", expected: "a folder",
                hint: given == nil ? "scripts/data \(name) puts them there" : nil)
        }
        guard isFolder.boolValue else {
            throw DataError(
                .wrongFileKind, "the data are not in a folder", in: path, found: "a file", expected: "a folder")
        }
        return path
    }
}
