import Testing

@Suite struct UsageTests {
    /// Wrong usage: the arguments, and what the message must contain beside the option.
    static let wrong: [(arguments: String, option: String, found: String, expected: String)] = [
        ("train linear-regression --epochs -1", "--epochs", "'-1'", "a whole number from 1"),
        ("train linear-regression --epochs 0", "--epochs", "'0'", "a whole number from 1"),
        ("train linear-regression --epochs 1.5", "--epochs", "'1.5'", "a whole number from 1"),
        (
            "train linear-regression --epochs 99999999999999999999", "--epochs", "'99999999999999999999'",
            "a whole number"
        ),
        ("train linear-regression --learning-rate nan", "--learning-rate", "'nan'", "a finite number above 0"),
        ("train linear-regression --learning-rate -0.1", "--learning-rate", "'-0.1'", "a finite number above 0"),
        ("train linear-regression --learning-rate=-inf", "--learning-rate", "'-inf'", "a finite number above 0"),
        ("train linear-regression --learning-rate fast", "--learning-rate", "'fast'", "a finite number above 0"),
        ("train linear-regression --tolerance -1e-3", "--tolerance", "'-1e-3'", "a finite number above 0"),
        ("train linear-regression --seed x", "--seed", "'x'", "a whole number"),
        ("train linear-regression --tempo 3", "--tempo", "Unknown option", "Usage"),
        ("train linear-regression --epochs", "--epochs", "Missing value", "Usage"),
        ("train linear-regression extra", "extra", "Unexpected argument", "Usage"),
        ("train convnet --epochs -1", "--epochs", "'-1'", "a whole number from 1"),
        ("train convnet --batch-size 0", "--batch-size", "'0'", "a whole number from 1"),
        ("train convnet --batch-size -64", "--batch-size", "'-64'", "a whole number from 1"),
        ("train convnet --learning-rate nan", "--learning-rate", "'nan'", "a finite number above 0"),
        ("train convnet --learning-rate 1e999", "--learning-rate", "'1e999'", "a finite number above 0"),
        ("train convnet --threads 0", "--threads", "'0'", "a whole number from 1 to 1024"),
        ("train convnet --threads 5000", "--threads", "'5000'", "a whole number from 1 to 1024"),
        ("train language --model bert", "--model", "'bert'", "lstm"),
        ("train language --width 3", "--width", "'3'", "a whole number from 4"),
        ("train language --model transformer --width 6", "--width", "heads", "multiple of 4"),
        ("train language --resume", "--resume", "--checkpoint", "folder"),
        ("train speech --limit-seconds 0", "--limit-seconds", "'0'", "a finite number above 0"),
        ("generate --checkpoint x --temperature -1", "--temperature", "'-1'", "0 or more"),
        ("train vision --epochs 0", "--epochs", "'0'", "a whole number from 1"),
        ("train vision --limit-seconds -1", "--limit-seconds", "'-1'", "a finite number above 0"),
        ("train recommender --rank 0", "--rank", "'0'", "a whole number from 1"),
        ("recommend --user 1", "--checkpoint", "Missing", "Usage"),
        ("bench --random 0", "--random", "'0'", "a whole number from 1"),
        ("bench --random x --seed 1", "--random", "'x'", "a whole number from 1"),
        ("bench --describe", "--describe", "--random", "give both"),
        ("bench --random 3 --only random-4", "random-4", "no workload is called", "random-1 to random-3"),
        ("bench --random 3 --only random-02", "random-02", "no workload is called", "random-1 to random-3"),
        ("explain random-0", "random-0", "no program is called", "random-1, random-2"),
        ("bench --random 3 --serve", "--random", "--serve", "leave --random"),
        ("bench --only sonata", "sonata", "no workload is called", "matmul-256"),
        ("derive x --order 0", "--order", "'0'", "a whole number from 1 to 100"),
        ("derive x*y", "several variables", "--wrt", "x|y"),
        ("derive x --wrt 2", "--wrt", "'2'", "names of variables"),
        ("derive x --at x", "--at", "'x'", "values of variables"),
        ("derive x --gradient --hessian", "--gradient", "--hessian", "give one"),
        ("derive x --wrt x,x --order 3", "--order 3", "--wrt", "leave --order out"),
        ("derive x --format pdf", "--format", "'pdf'", "latex"),
        ("taylor x --order 61", "--order", "'61'", "a whole number from 0 to 60"),
        ("limit x", "--to", "Missing", "Usage"),
        ("limit x --to 0 --side left", "--side", "'left'", "below"),
        ("integrate x --from 0", "--from", "--to", "give both"),
        ("integrate x --from 0 --to 1 --rule simpson(0)", "--rule", "simpson(0)", "midpoint(n)"),
        ("integrate x --rule simpson(2)", "--rule", "--tolerance", "need bounds"),
        ("integrate x --from 0 --to 1 --tolerance 0", "--tolerance", "'0'", "above 0"),
        ("solve x=1=2", "equals sign", "2", "Error"),
        ("pool", "PNG file", "--sample", "Usage"),
        ("pool --sample --window 0", "--window", "'0'", "a whole number from 1"),
        ("pool --sample --rules loudest", "--rules", "loudest", "average"),
        ("train control --environment chess", "--environment", "chess", "frozen-lake"),
        ("train control --method luck", "--method", "luck", "actor-critic"),
        ("train control --environment pendulum --method dqn", "dqn", "real number", "ppo"),
        ("train control --method value-iteration", "value-iteration", "cartpole", "ppo"),
        ("train control --resume", "--resume", "--checkpoint", "folder"),
        ("train forest", "forest", "Unexpected argument", "Usage"),
    ]

    @Test(arguments: wrong.indices)
    func `wrong usage ends with 64 and says what was found and expected`(index: Int) throws {
        let (arguments, option, found, expected) = Self.wrong[index]
        let run = try leibniz(arguments.split(separator: " ").map(String.init))
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        for part in [option, found, expected] { #expect(run.errors.contains(part), "\(run.errors)") }
        #expect(run.errors.components("Error:") == 1)
        #expect(run.seconds < 10)
    }

    @Test(arguments: [
        [], ["derive"], ["simplify"], ["integrate"], ["taylor"], ["limit"], ["solve"], ["train"],
        ["train", "linear-regression"], ["train", "convnet"], ["train", "vision"], ["train", "language"],
        ["train", "speech"], ["train", "recommender"], ["train", "control"], ["recommend"], ["generate"], ["bench"],
        ["explain"], ["info"],
        ["predict"], ["verify"], ["gradcheck"], ["minimize"], ["fit"], ["plot"], ["pool"], ["summary"],
    ])
    func `help and version are no errors`(command: [String]) throws {
        let help = try leibniz(command + ["--help"])
        #expect(help.status == 0 && help.errors.isEmpty && help.output.contains("USAGE:"))
    }

    @Test func `the version is a number with dots`() throws {
        let run = try leibniz(["--version"])
        #expect(run.status == 0 && run.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
    }
}

extension String {
    /// How often a text occurs.
    func components(_ text: String) -> Int { split(separator: text, omittingEmptySubsequences: false).count - 1 }
}
