-- AlterTable
ALTER TABLE "commands" ADD COLUMN     "told_at" TIMESTAMPTZ(3);
