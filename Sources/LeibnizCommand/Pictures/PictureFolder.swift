import Foundation
import Leibniz

/// A folder into which a command writes pictures.
enum PictureFolder {
    /// Makes it, if it is not there yet.
    static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw DataError(
                .inputOutput, "the folder could not be made", in: path, found: error.localizedDescription,
                expected: "a folder for the pictures")
        }
    }
}
