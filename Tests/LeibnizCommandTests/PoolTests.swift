import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct `leibniz pool` {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func `all rules are compared within their bounds, and pictures are written`() throws {
        let run = try leibniz(["pool", "--sample", "--window", "4", "--stride", "2", "--out", folder.path, "--json"])
        #expect(run.status == 0, "\(run.errors)")
        let json = try run.json()
        #expect(json["places"] as? [Int] == [127, 127])
        let rules = try #require(json["rules"] as? [[String: Any]])
        #expect(rules.count == 15)
        for rule in rules {
            let name = try #require(rule["name"] as? String)
            let (mean, greatest, bound) = (
                try #require(rule["mean_difference"] as? Double), try #require(rule["max_difference"] as? Double),
                try #require(rule["error_bound"] as? Double)
            )
            #expect(mean <= greatest && greatest <= bound + 1e-6, "\(name): \(mean), \(greatest), \(bound)")
            #expect(mean > 0 && (rule["seconds"] as? Double ?? 0) > 0)
            for file in [name, "\(name)-difference"] {
                let image = try PNGImage(contentsOf: "\(folder.path)/\(file.replacing(":", with: "-")).png")
                #expect(image.width == 127 && image.height == 127 && image.channels == 3)
            }
        }
        let picture = try PNGImage(contentsOf: folder.path + "/picture.png")
        let average = try PNGImage(contentsOf: folder.path + "/average.png")
        #expect(picture.width == 256)
        let expected = try PNGImage(AveragePool2D(4, stride: 2)(picture.tensor))
        #expect(zip(average.samples, expected.samples).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }

    @Test func `an image is read, rules are chosen, and text tells of each`() throws {
        let path = folder.path + "/grey.png"
        try PNGImage(Tensor.uniform([10, 14], seed: 1)).write(to: path)
        let run = try leibniz(["pool", path, "--rules", "average,power:3,gauss-4", "--window", "5"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("10×14 pixels of 1 samples"))
        #expect(run.output.contains("2×2 places"))
        for name in ["average", "power:3", "gauss-4"] { #expect(run.output.contains("\n\(name) ")) }
        #expect(!run.output.contains("median"))
    }

    @Test func `what is no image is an error with the file's name`() throws {
        let text = try folder.write(Array("text".utf8), as: "text.png")
        let run = try leibniz(["pool", text])
        #expect(run.status == 65 && run.errors.contains(text) && run.errors.contains("not a PNG file"))
        #expect(try leibniz(["pool", folder.path + "/none.png"]).status == 66)
        let small = folder.path + "/small.png"
        try PNGImage(Tensor.zeros([3, 3])).write(to: small)
        let large = try leibniz(["pool", small, "--window", "4"])
        #expect(large.status == 64 && large.errors.contains("--window"))
        let unwritable = try leibniz(["pool", small, "--window", "2", "--out", text + "/folder"])
        #expect(unwritable.status == 74 && unwritable.errors.contains(text))
    }
}
