import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct SpeechTests {
    /// Digits that are tones, two voices to learn from and one that is not heard before, at a rate that has to be changed.
    private func tones() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for part in ["train", "test", "human"] {
            try FileManager.default.createDirectory(atPath: "\(folder.path)/\(part)", withIntermediateDirectories: true)
        }
        func write(_ digit: Int, rate: Int, pitch: Double, _ path: String) throws {
            let frequency = 250 * pow(1.35, Double(digit)) * pitch
            let samples = (0..<rate / 2).map { Float(0.3 * sin(2 * .pi * frequency * Double($0) / Double(rate))) }
            try WAV.write(try Sound(sampleRate: rate, channels: [samples]), to: "\(folder.path)/\(path).wav")
        }
        for digit in 0..<10 {
            for (voice, pitch) in [("low", 0.97), ("high", 1.03)] {
                for number in 0..<2 {
                    try write(digit, rate: 11_025, pitch: pitch, "train/\(digit)_\(voice)_00\(number)")
                }
            }
            try write(digit, rate: 11_025, pitch: 1, "test/\(digit)_middle_000")
        }
        try write(4, rate: 8000, pitch: 1, "human/4")
        return folder
    }

    @Test func `a network learns and is measured on voices it never heard`() throws {
        let (data, pictures, checkpoints) = (try tones(), try TemporaryFolder(), try TemporaryFolder())
        let run = try leibniz([
            "train", "speech", "--data", data.path, "--epochs", "2", "--learn-filters", "--json", "--plot",
            pictures.path, "--checkpoint", checkpoints.path,
        ])
        #expect(run.status == 0, "\(run.errors)")
        let result = try run.json()
        #expect(result["unseen_voices"] as? Int == 1 && result["test_clips"] as? Int == 10)
        #expect(result["human_clips"] as? Int == 1)
        #expect(result["human_accuracy"] as? Double == 0 || result["human_accuracy"] as? Double == 1)
        #expect((0...1).contains(try #require(result["test_accuracy"] as? Double)))
        #expect(result["learned_filters"] as? Bool == true && result["steps"] as? Int == 2)
        for name in ["learning-curve", "filters", "spectrum", "waveform-gradient"] {
            #expect(FileManager.default.fileExists(atPath: "\(pictures.path)/\(name).svg"))
        }

        // Each clip alone, as it was measured: as many are right.
        let clips = (0..<10).map { "\(data.path)/test/\($0)_middle_000.wav" }
        let used = try leibniz(["predict", "--checkpoint", checkpoints.path, "--json"] + clips)
        let lines = try used.jsonLines()
        #expect(used.status == 0 && lines.compactMap { $0["file"] as? String } == clips, "\(used.errors)")
        for line in lines {
            let shares = try #require(line["probabilities"] as? [Double])
            #expect(shares.count == 10 && abs(shares.reduce(0, +) - 1) < 1e-5)
            #expect(shares[try #require(line["digit"] as? Int)] == line["probability"] as? Double)
        }
        let right = zip(lines, 0..<10).count { $0["digit"] as? Int == $1 }
        #expect(abs(Double(right) / 10 - (try #require(result["test_accuracy"] as? Double))) < 1e-6)
        let text = try leibniz(["predict", "--checkpoint", checkpoints.path, clips[3]])
        #expect(text.status == 0 && text.output.hasPrefix("\(clips[3]): \(lines[3]["digit"] as? Int ?? -1) 0."))
        let picture = try leibniz(["predict", "--checkpoint", checkpoints.path, "\(pictures.path)/filters.svg"])
        #expect(picture.status == 65 && picture.errors.contains("filters.svg"))
    }

    @Test func `a folder without clips is told`() throws {
        let folder = try TemporaryFolder()
        let run = try leibniz(["train", "speech", "--data", folder.path])
        #expect(run.status == 66 && run.errors.contains("there are no spoken digits"))
    }
}
