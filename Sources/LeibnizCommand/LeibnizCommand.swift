import ArgumentParser
import Leibniz

/// `leibniz`: the library at work, without a line of Swift.
///
/// Exit statuses are those of `sysexits.h`; whatever ends a command early is one message on the standard error stream.
@main
struct LeibnizCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leibniz",
        abstract: "Trains models with tensors, derivatives and machine code made on the spot; differentiates formulas.",
        version: leibnizVersion,
        subcommands: [
            Train.self, Predict.self, Recommend.self, Generate.self, Derive.self, Integrate.self, Taylor.self,
            Limit.self, Solve.self, Simplify.self, Minimize.self, Fit.self, Plot.self, Verify.self, Gradcheck.self,
            PoolImage.self, Summary.self, Bench.self, Explain.self, Info.self,
        ])

    static func main() {
        _ = ProcessUsage.seconds  // Starts the clock where the system does not tell when the process began.
        do {
            var command = try parseAsRoot(FormulaText.marked(Array(CommandLine.arguments.dropFirst())))
            try command.run()
        } catch let error as DataError {
            Console.end(with: error, status: error.exitStatus)
        } catch let error as NonFiniteLoss {
            Console.end(with: error, status: ExitStatus.data)
        } catch let error as TensorError {
            Console.end(with: error, status: ExitStatus.internalError)
        } catch let error as SyntaxError {
            Console.end(with: error, status: ExitStatus.usage)
        } catch let error as SymbolicError {
            Console.end(with: error, status: ExitStatus.data)
        } catch let error as MarkedError {
            Console.end(with: error, status: error.exitStatus)
        } catch {
            exit(withError: error)
        }
    }
}

/// Statuses with which a command ends that no error type of the library tells by itself.
enum ExitStatus {
    /// `EX_USAGE`: an argument could not be read.
    static let usage: Int32 = 64
    /// `EX_DATAERR`: what was given has no answer.
    static let data: Int32 = 65
    /// `EX_SOFTWARE`: the library could not do what it should.
    static let internalError: Int32 = 70
}

/// The programs that train something.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a model.",
        subcommands: [
            TrainLinearRegression.self,
            TrainConvNet.self,
            TrainVision.self,
            TrainLanguage.self,
            TrainSpeech.self,
            TrainRecommender.self,
            TrainControl.self,
        ])
}
