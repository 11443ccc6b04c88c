import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct DamagedDataTests {
    /// A way to spoil a data set, the status that it must end with, and what the message must contain.
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int32
        let message: [String]
        let spoil: @Sendable (SmallDataSet) throws -> Void

        init(
            _ name: String, _ status: Int32, _ message: [String],
            _ spoil: @escaping @Sendable (SmallDataSet) throws -> Void
        ) {
            (testDescription, self.status, self.message, self.spoil) = (name, status, message, spoil)
        }
    }

    static let images = "train-images-idx3-ubyte.gz"
    static let labels = "train-labels-idx1-ubyte"
    static let testImages = "t10k-images-idx3-ubyte"

    static let damages = [
        Damage("no folder", 66, ["there is no such folder", "dataset-fashion-mnist"]) {
            try FileManager.default.removeItem(atPath: $0.path)
        },
        Damage("a file in place of the folder", 66, ["not in a folder", "found:    a file"]) {
            try FileManager.default.removeItem(atPath: $0.path)
            try Data([1]).write(to: URL(fileURLWithPath: $0.path))
        },
        Damage("a file is missing", 66, ["t10k-images-idx3-ubyte", "neither this nor t10k-images-idx3-ubyte.gz"]) {
            try $0.remove(testImages)
        },
        Damage("truncated gzip", 65, [images, "cut short", "at byte 400"]) {
            try $0.change(images) { $0.removeSubrange(400...) }
        },
        Damage("damaged gzip", 65, [images, "gzip"]) {
            try $0.change(images) {
                $0[200] ^= 0xFF; $0[300] ^= 0xFF
            }
        },
        Damage("short file", 65, [testImages, "at byte 1016", "the end after 1000 of 3920 element bytes"]) {
            try $0.change(testImages) { $0.removeSubrange(1016...) }
        },
        Damage("empty file", 65, [labels, "at byte 0", "too short"]) { try $0.change(labels) { $0 = [] } },
        Damage("long file", 65, [testImages, "at byte 3936", "more bytes"]) {
            try $0.change(testImages) { $0.append(7) }
        },
        Damage("wrong magic", 65, [labels, "not an IDX file", "0x01"]) { try $0.change(labels) { $0[0] = 1 } },
        Damage("images in place of labels", 65, [labels, "another kind of data", "3 axes"]) {
            try $0.write(.uint8, [10, 1, 1], noise(10, seed: 1), as: labels)
        },
        Damage("label out of range", 65, [labels, "at byte 11", "label 10 of image 3", "labels below 10"]) {
            try $0.change(labels) { $0[8 + 3] = 10 }
        },
        Damage("dimensions that overflow", 65, [testImages, "at byte 4", "4294967295, 4294967295, 4294967295"]) {
            try $0.change(testImages) { $0.replaceSubrange(4..<16, with: [UInt8](repeating: 0xFF, count: 12)) }
        },
        Damage("dimensions that no memory holds", 65, [testImages, "of 4398046511104 element bytes"]) {
            try $0.change(testImages) { $0.replaceSubrange(4..<16, with: [0, 0, 16, 0, 0, 0, 128, 0, 0, 0, 128, 0]) }
        },
        Damage("more images than labels", 65, [labels, "9 labels", "10, one for each image"]) {
            try $0.write(.uint8, [9], noise(9, seed: 1).map { $0 % 10 }, as: labels)
        },
        Damage("no images", 65, [testImages, "no pixels"]) { try $0.write(.uint8, [0, 28, 28], [], as: testImages) },
        Damage("images of two sizes", 65, ["differ in size", "27 × 28"]) {
            try $0.write(.uint8, [5, 27, 28], noise(5 * 27 * 28, seed: 1), as: testImages)
        },
        Damage("a directory in place of a file", 66, [testImages, "found:    a folder", "a regular file"]) {
            try $0.remove(testImages)
            try FileManager.default.createDirectory(
                atPath: "\($0.path)/\(testImages)", withIntermediateDirectories: false)
        },
        Damage("a pipe in place of a file", 66, [testImages, "found:    a pipe"]) {
            try $0.remove(testImages)
            try #require(mkfifo("\($0.path)/\(testImages)", 0o600) == 0)
        },
        Damage("a link in a circle", 74, [testImages, "symbolic links"]) {
            try $0.remove(testImages)
            try FileManager.default.createSymbolicLink(
                atPath: "\($0.path)/\(testImages)", withDestinationPath: testImages)
        },
        Damage("no permission", 77, [labels, "may not be read", "Permission denied"]) {
            try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: "\($0.path)/\(labels)")
        },
    ]

    @Test(arguments: damages)
    func `damaged data end with a status and one message of their own`(damage: Damage) throws {
        let data = try SmallDataSet()
        try damage.spoil(data)
        let run = try leibniz(["train", "convnet", "--data", data.path, "--json"], launcher: Self.withoutPrivileges)
        #expect(run.status == damage.status)
        #expect(run.output.isEmpty)
        for part in damage.message + [data.path, "found:", "expected:"] {
            #expect(run.errors.contains(part), "\(part) is not in: \(run.errors)")
        }
        #expect(run.errors.components("Error:") == 1)
        #expect(run.seconds < 10)
    }

    @Test func `images that the network cannot take are refused`() throws {
        let data = try SmallDataSet(side: 33)
        let run = try leibniz(["train", "convnet", "--data", data.path])
        #expect(run.status == 65 && run.errors.contains("33 × 33 pixels") && run.errors.contains("at most 32 × 32"))
    }

    /// Root may read everything, unless it gives up the privilege first.
    static var withoutPrivileges: [String] {
        let isRoot = getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")
        return isRoot ? ["/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"] : []
    }
}
