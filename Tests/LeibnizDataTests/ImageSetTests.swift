import Foundation
import LeibnizData
import TestFiles
import Testing

@Suite struct ImageSetTests {
    let folder: TemporaryFolder
    let pixels = noise(3 * 4 * 5, seed: 1)
    init() throws { folder = try TemporaryFolder() }

    func writeImages(_ part: String, _ extents: [Int], _ bytes: [UInt8], compressed: Bool = false) throws {
        let file = try IDXArray(elementType: .uint8, extents: extents, bytes: bytes).encoded
        try folder.write(compressed ? gzipped(file) : file, as: "\(part)-images-idx3-ubyte" + (compressed ? ".gz" : ""))
    }

    func writeLabels(_ part: String, _ labels: [UInt8], compressed: Bool = false) throws {
        let file = try IDXArray(elementType: .uint8, extents: [labels.count], bytes: labels).encoded
        try folder.write(compressed ? gzipped(file) : file, as: "\(part)-labels-idx1-ubyte" + (compressed ? ".gz" : ""))
    }

    @Test(arguments: [false, true]) func `a folder of four files is read`(compressed: Bool) throws {
        for part in ["train", "t10k"] {
            try writeImages(part, [3, 4, 5], pixels, compressed: compressed)
            try writeLabels(part, [0, 9, 4], compressed: compressed)
        }
        let set = try FashionMNIST(folder: folder.path).test
        #expect(set.count == 3)
        #expect(set.channels == 1 && set.height == 4 && set.width == 5 && set.imageByteCount == 20)
        #expect(set.images == pixels)
        #expect(set.labels == [0, 9, 4])
        let (first, third) = (Array(pixels[..<20]), Array(pixels[40...]))
        let repeated: [UInt8] = third + first + third
        #expect(set.images(at: [2, 0, 2]) == repeated)
        #expect(set.images(at: [Int]()).isEmpty)
        #expect(set.labels(at: [2, 0, 2]) == [4, 0, 4])
        #expect(set.classNames[Int(set.labels[1])] == "Ankle boot")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: FashionMNIST.defaultFolder)))
    func `the real data set has its numbers of images and classes`() throws {
        let data = try FashionMNIST()
        for (set, count) in [(data.training, 60_000), (data.test, 10_000)] {
            #expect(set.count == count && set.imageByteCount == 28 * 28)
            let members = set.labels.reduce(into: [Int](repeating: 0, count: 10)) { $0[Int($1)] += 1 }
            #expect(members == [Int](repeating: count / 10, count: 10))
        }
    }

    @Test func `a missing folder, a file in its place, and a missing file are told apart`() throws {
        let missing = try dataError { try FashionMNIST(folder: folder.path + "/none") }
        #expect(missing.kind == .missing && missing.summary == "there is no such folder")
        #expect(missing.hint?.contains("dataset-fashion-mnist") == true)
        let file = try dataError { try FashionMNIST(folder: folder.write([])) }
        #expect(file.kind == .wrongFileKind && file.found == "a file")
        try writeImages("train", [3, 4, 5], pixels)
        let labels = try dataError { try FashionMNIST(folder: folder.path) }
        #expect(labels.kind == .missing && labels.subject == folder.path + "/train-labels-idx1-ubyte")
    }

    @Test func `a folder in place of a file is refused by name`() throws {
        try writeLabels("train", [1, 2, 3])
        let path = folder.path + "/train-images-idx3-ubyte"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let error = try dataError { try FashionMNIST(folder: folder.path) }
        #expect(error.kind == .wrongFileKind && error.subject == path && error.found == "a folder")
    }

    @Test func `a label out of range is found at its offset`() throws {
        try writeImages("train", [3, 4, 5], pixels)
        try writeLabels("train", [0, 3, 10])
        let error = try dataError { try FashionMNIST(folder: folder.path) }
        #expect(error.kind == .inconsistent)
        #expect(error.position == .byte(10))
        #expect(error.found == "label 10 of image 2")
        #expect(error.expected == "labels below 10")
    }

    @Test func `as many labels as images are needed`() throws {
        try writeImages("train", [3, 4, 5], pixels)
        try writeLabels("train", [0, 3], compressed: true)
        let error = try dataError { try FashionMNIST(folder: folder.path) }
        #expect(error.kind == .inconsistent)
        #expect(error.position == .inflatedByte(4))
        #expect(error.found == "2 labels")
        #expect(error.expected.hasPrefix("3, one for each image"))
    }

    @Test(arguments: [[0, 4, 5], [3, 0, 5], [3, 4, 0]]) func `images without pixels are refused`(extents: [Int]) throws
    {
        try writeImages("train", extents, [])
        try writeLabels("train", [UInt8](repeating: 0, count: extents[0]))
        let error = try dataError { try FashionMNIST(folder: folder.path) }
        #expect(error.kind == .inconsistent && error.found == "\(extents) pixels")
    }

    @Test func `images to test with have the size of those to learn from`() throws {
        for part in ["train", "t10k"] { try writeLabels(part, [1, 2, 3]) }
        try writeImages("train", [3, 4, 5], pixels)
        try writeImages("t10k", [3, 5, 4], pixels)
        let error = try dataError { try FashionMNIST(folder: folder.path) }
        #expect(error.kind == .inconsistent && error.found == "5 × 4 to test with")
    }
}
